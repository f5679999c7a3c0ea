//===- FakeCuda.cpp - A driver without a GPU, for tests -------------------===//
//
// The functions of libcuda.so.1 that the run-time library uses. Memory is the
// host's, kernels do nothing, and each call is a line on standard error. The
// function that QOPT_FAKE_CUDA_FAILS names fails.
//
//===----------------------------------------------------------------------===//

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using Result = int;
using DevicePtr = unsigned long long;
using Handle = void *;

static int token;
static DevicePtr memory;
static size_t memorySize;

static Result call(const char *name, const std::string &what = "") {
  std::fprintf(stderr, "%s%s%s\n", name, what.empty() ? "" : " ", what.c_str());
  const char *failing = std::getenv("QOPT_FAKE_CUDA_FAILS");
  return failing && std::strcmp(failing, name) == 0 ? 700 : 0;
}

static std::string place(DevicePtr pointer) {
  if (pointer >= memory && pointer < memory + memorySize)
    return "gpu+" + std::to_string(pointer - memory);
  return "host";
}

extern "C" {

Result cuInit(unsigned) { return call("cuInit"); }

Result cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return call("cuDeviceGet", std::to_string(ordinal));
}

// An H100: compute capability 9.0.
Result cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? 9 : 0;
  return call("cuDeviceGetAttribute", std::to_string(attribute));
}

Result cuDevicePrimaryCtxRetain(Handle *context, int) {
  *context = &token;
  return call("cuDevicePrimaryCtxRetain");
}

Result cuCtxSetCurrent(Handle) { return call("cuCtxSetCurrent"); }

Result cuModuleLoadDataEx(Handle *module, const void *image, unsigned count,
                          int *options, void **values) {
  *module = &token;
  const bool isPTX = std::strstr(static_cast<const char *>(image), ".target");
  Result result = call("cuModuleLoadDataEx", isPTX ? "PTX" : "no PTX");
  for (unsigned i = 0; result != 0 && i < count; ++i)
    if (options[i] == 5)
      std::strcpy(static_cast<char *>(values[i]), "line 7: what the log says");
  return result;
}

Result cuModuleGetFunction(Handle *function, Handle, const char *name) {
  *function = &token;
  return call("cuModuleGetFunction", name);
}

Result cuFuncSetAttribute(Handle, int attribute, int value) {
  return call("cuFuncSetAttribute",
              std::to_string(attribute) + " = " + std::to_string(value));
}

Result cuMemAlloc_v2(DevicePtr *pointer, size_t bytes) {
  memory = *pointer = reinterpret_cast<DevicePtr>(std::calloc(bytes, 1));
  memorySize = bytes;
  return call("cuMemAlloc_v2", std::to_string(bytes));
}

Result cuMemcpyAsync(DevicePtr to, DevicePtr from, size_t bytes, Handle) {
  std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from),
              bytes);
  return call("cuMemcpyAsync", place(from) + " to " + place(to) + ", " +
                                   std::to_string(bytes) + " bytes");
}

Result cuStreamCreate(Handle *stream, unsigned) {
  *stream = &token;
  return call("cuStreamCreate");
}

Result cuStreamSynchronize(Handle) { return call("cuStreamSynchronize"); }

Result cuGraphCreate(Handle *graph, unsigned) {
  *graph = &token;
  return call("cuGraphCreate");
}

struct KernelNode {
  Handle function;
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void **parameters;
  void **extra;
};

Result cuGraphAddKernelNode(Handle *node, Handle, const Handle *dependencies,
                            size_t dependencyCount, const KernelNode *kernel) {
  static int nodes;
  std::string text =
      std::to_string(kernel->gridX) + "x" + std::to_string(kernel->gridY) +
      "x" + std::to_string(kernel->gridZ) + " of " +
      std::to_string(kernel->blockX) + ", shared " +
      std::to_string(kernel->sharedBytes) + ", first argument " +
      place(*static_cast<DevicePtr *>(kernel->parameters[0])) + ", behind";
  for (size_t i = 0; i < dependencyCount; ++i)
    text += " " + std::to_string(reinterpret_cast<size_t>(dependencies[i]));
  *node = reinterpret_cast<Handle>(static_cast<size_t>(++nodes));
  return call("cuGraphAddKernelNode", text);
}

Result cuGraphInstantiateWithFlags(Handle *executable, Handle,
                                   unsigned long long) {
  *executable = &token;
  return call("cuGraphInstantiateWithFlags");
}

Result cuGraphDestroy(Handle) { return call("cuGraphDestroy"); }

Result cuGraphLaunch(Handle, Handle) { return call("cuGraphLaunch"); }

Result cuLaunchKernel(Handle, unsigned gridX, unsigned gridY, unsigned gridZ,
                      unsigned blockX, unsigned, unsigned, unsigned shared,
                      Handle, void **parameters, void **) {
  return call("cuLaunchKernel",
              std::to_string(gridX) + "x" + std::to_string(gridY) + "x" +
                  std::to_string(gridZ) + " of " + std::to_string(blockX) +
                  ", shared " + std::to_string(shared) + ", first argument " +
                  place(*static_cast<DevicePtr *>(parameters[0])));
}

Result cuEventCreate(Handle *event, unsigned) {
  *event = &token;
  return call("cuEventCreate");
}

Result cuEventRecord(Handle, Handle) { return call("cuEventRecord"); }

Result cuEventSynchronize(Handle) { return call("cuEventSynchronize"); }

Result cuEventElapsedTime(float *milliseconds, Handle, Handle) {
  *milliseconds = 1;
  return call("cuEventElapsedTime");
}

Result cuEventDestroy_v2(Handle) { return call("cuEventDestroy_v2"); }

Result cuGetErrorString(Result, const char **text) {
  *text = "a planted failure";
  return 0;
}

} // extern "C"
