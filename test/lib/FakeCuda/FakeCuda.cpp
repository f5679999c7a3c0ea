//===- FakeCuda.cpp - A driver without a GPU, for tests -------------------===//
//
// The functions of libcuda.so.1 that the run-time library uses. Memory is the
// host's, and kernels are interpreted. QOPT_FAKE_CUDA_LOG=1 writes each call to
// standard error; the function that QOPT_FAKE_CUDA_FAILS names fails.
//
//===----------------------------------------------------------------------===//

#include "PtxMachine.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using Result = int;
using DevicePtr = unsigned long long;
using Handle = void *;

struct KernelNode {
  Handle function;
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void **parameters;
  void **extra;
};

namespace {
/// A launch, with its arguments.
struct Launch {
  const ptx::Kernel *kernel;
  unsigned grid[3];
  unsigned threads, sharedBytes;
  std::vector<uint64_t> arguments;

  explicit Launch(const KernelNode &node)
      : kernel(static_cast<const ptx::Kernel *>(node.function)),
        grid{node.gridX, node.gridY, node.gridZ}, threads(node.blockX),
        sharedBytes(node.sharedBytes) {
    for (size_t i = 0; i < kernel->parameters.size(); ++i)
      arguments.push_back(*static_cast<uint64_t *>(node.parameters[i]));
  }

  void run() const { ptx::run(*kernel, grid, threads, sharedBytes, arguments); }
};
} // namespace

/// Modules and graphs, which live as long as the process.
static std::vector<std::unique_ptr<std::map<std::string, ptx::Kernel>>> modules;
static std::vector<Launch> graph;
static int token;
static DevicePtr memory;
static size_t memorySize;

static Result call(const char *name, const std::string &what = "") {
  if (std::getenv("QOPT_FAKE_CUDA_LOG"))
    std::fprintf(stderr, "%s%s%s\n", name, what.empty() ? "" : " ",
                 what.c_str());
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

// An A100: compute capability 8.0.
Result cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? 8 : 0;
  return call("cuDeviceGetAttribute", std::to_string(attribute));
}

Result cuDevicePrimaryCtxRetain(Handle *context, int) {
  *context = &token;
  return call("cuDevicePrimaryCtxRetain");
}

Result cuCtxSetCurrent(Handle) { return call("cuCtxSetCurrent"); }

Result cuModuleLoadDataEx(Handle *module, const void *image, unsigned count,
                          int *options, void **values) {
  modules.push_back(std::make_unique<std::map<std::string, ptx::Kernel>>(
      ptx::parse(static_cast<const char *>(image))));
  *module = modules.back().get();
  const bool isPTX = std::strstr(static_cast<const char *>(image), ".target");
  Result result = call("cuModuleLoadDataEx", isPTX ? "PTX" : "no PTX");
  for (unsigned i = 0; result != 0 && i < count; ++i)
    if (options[i] == 5)
      std::strcpy(static_cast<char *>(values[i]), "line 7: what the log says");
  return result;
}

Result cuModuleGetFunction(Handle *function, Handle module, const char *name) {
  auto &kernels = *static_cast<std::map<std::string, ptx::Kernel> *>(module);
  auto found = kernels.find(name);
  if (found == kernels.end())
    ptx::fail(std::string("no kernel ") + name);
  *function = &found->second;
  return call("cuModuleGetFunction", name);
}

Result cuFuncSetAttribute(Handle, int attribute, int value) {
  return call("cuFuncSetAttribute",
              std::to_string(attribute) + " = " + std::to_string(value));
}

Result cuMemAlloc_v2(DevicePtr *pointer, size_t bytes) {
  // As a GPU's. What nobody has written is no zero.
  void *place = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(place, 0x5A, bytes);
  memory = *pointer = reinterpret_cast<DevicePtr>(place);
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

Result cuGraphAddKernelNode(Handle *node, Handle, const Handle *dependencies,
                            size_t dependencyCount, const KernelNode *kernel) {
  graph.emplace_back(*kernel);
  std::string text =
      std::to_string(kernel->gridX) + "x" + std::to_string(kernel->gridY) +
      "x" + std::to_string(kernel->gridZ) + " of " +
      std::to_string(kernel->blockX) + ", shared " +
      std::to_string(kernel->sharedBytes) + ", first argument " +
      place(*static_cast<DevicePtr *>(kernel->parameters[0])) + ", behind";
  for (size_t i = 0; i < dependencyCount; ++i)
    text += " " + std::to_string(reinterpret_cast<size_t>(dependencies[i]));
  *node = reinterpret_cast<Handle>(graph.size());
  return call("cuGraphAddKernelNode", text);
}

Result cuGraphInstantiateWithFlags(Handle *executable, Handle,
                                   unsigned long long) {
  *executable = &token;
  return call("cuGraphInstantiateWithFlags");
}

Result cuGraphDestroy(Handle) { return call("cuGraphDestroy"); }

Result cuGraphLaunch(Handle, Handle) {
  for (const Launch &launch : graph)
    launch.run();
  return call("cuGraphLaunch");
}

Result cuLaunchKernel(Handle function, unsigned gridX, unsigned gridY,
                      unsigned gridZ, unsigned blockX, unsigned blockY,
                      unsigned blockZ, unsigned sharedBytes, Handle,
                      void **parameters, void **extra) {
  Launch({function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes,
          parameters, extra})
      .run();
  return call("cuLaunchKernel");
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
