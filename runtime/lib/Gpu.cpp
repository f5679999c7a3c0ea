//===- Gpu.cpp - Models on NVIDIA GPUs ------------------------------------===//
//
// The driver's library is loaded at run time, so that programs link and run
// where there is no GPU, and declared here as far as it is used: its C
// interface is stable (CUDA Driver API, versions 11 and later).
//
// The first run compiles the kernels for the GPU that is there, copies the
// constants, and records all launches as one graph: what is left of a run is
// the copies of its inputs, one launch of the graph, and those of its results.
//
//===----------------------------------------------------------------------===//

#include "quantopt-runtime/Gpu.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>

namespace {

using Result = int; // CUresult: 0 is success
using Device = int;
using DevicePtr = unsigned long long;
using Handle = void *; // contexts, modules, functions, streams, graphs, events

/// CUDA_KERNEL_NODE_PARAMS in its first version.
struct KernelNode {
  Handle function;
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void **parameters;
  void **extra;
};

/// The functions of the driver that are used, by their exported names.
struct Driver {
  Result (*init)(unsigned flags);
  Result (*deviceGet)(Device *device, int ordinal);
  Result (*getAttribute)(int *value, int attribute, Device device);
  Result (*retainContext)(Handle *context, Device device);
  Result (*setContext)(Handle context);
  Result (*loadModule)(Handle *module, const void *image, unsigned count,
                       int *options, void **values);
  Result (*getFunction)(Handle *function, Handle module, const char *name);
  Result (*setAttribute)(Handle function, int attribute, int value);
  Result (*allocate)(DevicePtr *memory, size_t bytes);
  Result (*copy)(DevicePtr to, DevicePtr from, size_t bytes, Handle stream);
  Result (*createStream)(Handle *stream, unsigned flags);
  Result (*synchronize)(Handle stream);
  Result (*createGraph)(Handle *graph, unsigned flags);
  Result (*addKernelNode)(Handle *node, Handle graph,
                          const Handle *dependencies, size_t dependencyCount,
                          const KernelNode *parameters);
  Result (*instantiate)(Handle *executable, Handle graph,
                        unsigned long long flags);
  Result (*destroyGraph)(Handle graph);
  Result (*launchGraph)(Handle executable, Handle stream);
  Result (*launch)(Handle function, unsigned gridX, unsigned gridY,
                   unsigned gridZ, unsigned blockX, unsigned blockY,
                   unsigned blockZ, unsigned sharedBytes, Handle stream,
                   void **parameters, void **extra);
  Result (*createEvent)(Handle *event, unsigned flags);
  Result (*recordEvent)(Handle event, Handle stream);
  Result (*waitEvent)(Handle event);
  Result (*elapsed)(float *milliseconds, Handle start, Handle end);
  Result (*destroyEvent)(Handle event);
  Result (*describe)(Result result, const char **text);
};

/// What a program's first run makes.
struct State {
  DevicePtr memory;
  Handle stream;
  Handle graph;
  Handle *functions; // one for each launch
};

constexpr size_t kTextSize = 4096;
char unavailable[kTextSize];
qopt_gpu_handler handler;
Driver driver;
Handle context;
int capability;

void printAndAbort(const char *message) {
  std::fprintf(stderr, "quant-opt: %s\n", message);
  std::abort();
}

void fail(const char *message) { (handler ? handler : printAndAbort)(message); }

/// Tells the handler where `result` is a failure of `what`. Returns whether it
/// is.
bool failed(Result result, const char *what, const char *more = "") {
  if (result == 0)
    return false;
  const char *text = nullptr;
  if (driver.describe)
    driver.describe(result, &text);
  char message[kTextSize];
  std::snprintf(message, sizeof message,
                "GPU: cannot %s: %s (CUDA error %d)%s%s", what,
                text ? text : "unknown", result, *more ? ": " : "", more);
  fail(message);
  return true;
}

template <typename Function>
bool find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function)
    return true;
  std::snprintf(unavailable, sizeof unavailable,
                "libcuda.so.1 has no %s: install a driver for CUDA 11.4 or "
                "later",
                name);
  return false;
}

bool findAll(void *library) {
  return find(library, "cuInit", driver.init) &&
         find(library, "cuDeviceGet", driver.deviceGet) &&
         find(library, "cuDeviceGetAttribute", driver.getAttribute) &&
         find(library, "cuDevicePrimaryCtxRetain", driver.retainContext) &&
         find(library, "cuCtxSetCurrent", driver.setContext) &&
         find(library, "cuModuleLoadDataEx", driver.loadModule) &&
         find(library, "cuModuleGetFunction", driver.getFunction) &&
         find(library, "cuFuncSetAttribute", driver.setAttribute) &&
         find(library, "cuMemAlloc_v2", driver.allocate) &&
         find(library, "cuMemcpyAsync", driver.copy) &&
         find(library, "cuStreamCreate", driver.createStream) &&
         find(library, "cuStreamSynchronize", driver.synchronize) &&
         find(library, "cuGraphCreate", driver.createGraph) &&
         find(library, "cuGraphAddKernelNode", driver.addKernelNode) &&
         find(library, "cuGraphInstantiateWithFlags", driver.instantiate) &&
         find(library, "cuGraphDestroy", driver.destroyGraph) &&
         find(library, "cuGraphLaunch", driver.launchGraph) &&
         find(library, "cuLaunchKernel", driver.launch) &&
         find(library, "cuEventCreate", driver.createEvent) &&
         find(library, "cuEventRecord", driver.recordEvent) &&
         find(library, "cuEventSynchronize", driver.waitEvent) &&
         find(library, "cuEventElapsedTime", driver.elapsed) &&
         find(library, "cuEventDestroy_v2", driver.destroyEvent) &&
         find(library, "cuGetErrorString", driver.describe);
}

/// Loads the driver and takes the first GPU. Returns whether that worked; else
/// `unavailable` says why.
bool start() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    std::snprintf(unavailable, sizeof unavailable,
                  "no NVIDIA driver: %s; install one, or run the model on cpu",
                  dlerror());
    return false;
  }
  if (!findAll(library))
    return false;
  Device device = 0;
  Result result = driver.init(0);
  if (result == 0)
    result = driver.deviceGet(&device, 0);
  constexpr int kMajor = 75, kMinor = 76;
  int major = 0, minor = 0;
  if (result == 0)
    result = driver.getAttribute(&major, kMajor, device);
  if (result == 0)
    result = driver.getAttribute(&minor, kMinor, device);
  capability = 10 * major + minor;
  if (result == 0)
    result = driver.retainContext(&context, device);
  if (result == 0)
    return true;
  const char *text = nullptr;
  driver.describe(result, &text);
  std::snprintf(unavailable, sizeof unavailable,
                "no NVIDIA GPU can be used: %s (CUDA error %d)",
                text ? text : "unknown", result);
  return false;
}

bool started;
pthread_once_t startedOnce = PTHREAD_ONCE_INIT;

bool isStarted() {
  // No C++ library is linked with a model: a local static would want it.
  pthread_once(&startedOnce, [] { started = start(); });
  return started;
}

/// Compiles the kernels and finds that of each launch.
bool loadKernels(const qopt_gpu_program &program, State &state) {
  char log[kTextSize] = "";
  // CU_JIT_ERROR_LOG_BUFFER and its size.
  int options[] = {5, 6};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  Handle module = nullptr;
  if (failed(driver.loadModule(&module, program.image, 2, options, values),
             "compile the kernels", log))
    return false;
  state.functions = static_cast<Handle *>(
      std::calloc(program.launch_count + 1, sizeof(Handle)));
  if (!state.functions) {
    fail("GPU: out of memory");
    return false;
  }
  constexpr int kMaxDynamicSharedBytes = 8, kWithoutAsking = 48 * 1024;
  for (int64_t i = 0; i < program.launch_count; ++i) {
    const qopt_gpu_launch &launch = program.launches[i];
    const char *name = program.names + launch.name;
    if (failed(driver.getFunction(&state.functions[i], module, name),
               "find the kernel", name))
      return false;
    if (launch.shared_bytes > kWithoutAsking &&
        failed(driver.setAttribute(state.functions[i], kMaxDynamicSharedBytes,
                                   static_cast<int>(launch.shared_bytes)),
               "give a kernel its shared memory", name))
      return false;
  }
  return true;
}

DevicePtr toDevicePtr(const void *pointer) {
  return reinterpret_cast<DevicePtr>(pointer);
}

bool copyConstants(const qopt_gpu_program &program, const State &state) {
  for (int64_t i = 0; i < program.constant_count; ++i)
    if (failed(driver.copy(state.memory + program.places[i].offset,
                           toDevicePtr(program.constants[i]),
                           program.places[i].bytes, state.stream),
               "copy the constants"))
      return false;
  return !failed(driver.synchronize(state.stream), "copy the constants");
}

/// Pointers that a kernel may take: 4 KiB of them.
constexpr int64_t kMostArguments = 512;

/// What the driver wants to know of a launch. The arguments are copied when it
/// has been told.
struct Launch {
  KernelNode node;
  DevicePtr arguments[kMostArguments];
  void *parameters[kMostArguments];
};

bool describeLaunch(const qopt_gpu_program &program, const State &state,
                    int64_t number, Launch &described) {
  const qopt_gpu_launch &launch = program.launches[number];
  if (launch.argument_count > kMostArguments) {
    fail("GPU: a kernel has more than 512 arguments");
    return false;
  }
  for (int64_t i = 0; i < launch.argument_count; ++i) {
    described.arguments[i] =
        state.memory + program.arguments[launch.first_argument + i];
    described.parameters[i] = &described.arguments[i];
  }
  described.node = {state.functions[number],
                    static_cast<unsigned>(launch.grid[0]),
                    static_cast<unsigned>(launch.grid[1]),
                    static_cast<unsigned>(launch.grid[2]),
                    static_cast<unsigned>(launch.threads),
                    1,
                    1,
                    static_cast<unsigned>(launch.shared_bytes),
                    described.parameters,
                    nullptr};
  return true;
}

bool launchKernel(const qopt_gpu_program &program, const State &state,
                  int64_t number) {
  Launch launch;
  if (!describeLaunch(program, state, number, launch))
    return false;
  const KernelNode &node = launch.node;
  return !failed(
      driver.launch(node.function, node.gridX, node.gridY, node.gridZ,
                    node.blockX, node.blockY, node.blockZ, node.sharedBytes,
                    state.stream, node.parameters, nullptr),
      "launch the kernel", program.names + program.launches[number].name);
}

/// Adds each launch to `graph`, behind those that it depends on.
bool addLaunches(const qopt_gpu_program &program, const State &state,
                 Handle graph, Handle *nodes, Handle *dependencies) {
  for (int64_t i = 0; i < program.launch_count; ++i) {
    const qopt_gpu_launch &launch = program.launches[i];
    Launch described;
    if (!describeLaunch(program, state, i, described))
      return false;
    for (int64_t d = 0; d < launch.dependency_count; ++d)
      dependencies[d] =
          nodes[program.dependencies[launch.first_dependency + d]];
    if (failed(driver.addKernelNode(&nodes[i], graph, dependencies,
                                    launch.dependency_count, &described.node),
               "record the kernel", program.names + launch.name))
      return false;
  }
  return true;
}

/// Records all launches as one graph: those that do not depend on each other
/// may run at a time.
bool record(const qopt_gpu_program &program, State &state) {
  Handle graph = nullptr;
  if (failed(driver.createGraph(&graph, 0), "make a graph of the launches"))
    return false;
  Handle *nodes = static_cast<Handle *>(
      std::calloc(2 * program.launch_count + 1, sizeof(Handle)));
  if (!nodes) {
    fail("GPU: out of memory");
    return false;
  }
  const bool isMade =
      addLaunches(program, state, graph, nodes, nodes + program.launch_count) &&
      !failed(driver.instantiate(&state.graph, graph, 0),
              "make a graph of the launches");
  std::free(nodes);
  driver.destroyGraph(graph);
  return isMade;
}

/// The program's state, made by its first run; null where that failed.
State *getState(qopt_gpu_program &program) {
  if (program.state)
    return static_cast<State *>(program.state);
  State *state = static_cast<State *>(std::calloc(1, sizeof(State)));
  if (!state) {
    fail("GPU: out of memory");
    return nullptr;
  }
  constexpr unsigned kNonBlocking = 1;
  const size_t bytes = program.memory_bytes > 0 ? program.memory_bytes : 1;
  if (failed(driver.createStream(&state->stream, kNonBlocking),
             "make a stream") ||
      failed(driver.allocate(&state->memory, bytes),
             "take the model's memory") ||
      !loadKernels(program, *state) || !copyConstants(program, *state) ||
      !record(program, *state))
    return nullptr; // What was taken is lost: the process is about to end.
  program.state = state;
  return state;
}

} // namespace

const char *qopt_gpu_unavailable(void) {
  return isStarted() ? nullptr : unavailable;
}

int qopt_gpu_capability(void) { return isStarted() ? capability : 0; }

void qopt_gpu_set_handler(qopt_gpu_handler newHandler) { handler = newHandler; }

void qopt_gpu_run(qopt_gpu_program *program, void *const *tensors) {
  if (const char *why = qopt_gpu_unavailable())
    return fail(why);
  if (failed(driver.setContext(context), "use the GPU"))
    return;
  const State *state = getState(*program);
  if (!state)
    return;
  for (int64_t i = 0; i < program->input_count; ++i) {
    const qopt_gpu_copy &input = program->inputs[i];
    if (failed(driver.copy(state->memory + input.offset,
                           toDevicePtr(tensors[input.tensor]), input.bytes,
                           state->stream),
               "copy an input"))
      return;
  }
  if (failed(driver.launchGraph(state->graph, state->stream),
             "launch the model"))
    return;
  for (int64_t i = 0; i < program->output_count; ++i) {
    const qopt_gpu_copy &output = program->outputs[i];
    if (failed(driver.copy(toDevicePtr(tensors[output.tensor]),
                           state->memory + output.offset, output.bytes,
                           state->stream),
               "copy a result"))
      return;
  }
  failed(driver.synchronize(state->stream), "run the model");
}

void qopt_gpu_time(qopt_gpu_program *program, int64_t repeats,
                   double *nanoseconds) {
  if (const char *why = qopt_gpu_unavailable())
    return fail(why);
  if (failed(driver.setContext(context), "use the GPU"))
    return;
  const State *state = getState(*program);
  Handle begin = nullptr, end = nullptr;
  if (!state || failed(driver.createEvent(&begin, 0), "make an event") ||
      failed(driver.createEvent(&end, 0), "make an event"))
    return;
  for (int64_t launch = 0; launch < program->launch_count; ++launch) {
    float milliseconds = 0;
    // The first one brings the kernel's code and data near.
    if (!launchKernel(*program, *state, launch) ||
        failed(driver.recordEvent(begin, state->stream), "record an event"))
      return;
    for (int64_t i = 0; i < repeats; ++i)
      if (!launchKernel(*program, *state, launch))
        return;
    if (failed(driver.recordEvent(end, state->stream), "record an event") ||
        failed(driver.waitEvent(end), "run a kernel") ||
        failed(driver.elapsed(&milliseconds, begin, end), "read an event"))
      return;
    nanoseconds[launch] = 1e6 * milliseconds / static_cast<double>(repeats);
  }
  driver.destroyEvent(begin);
  driver.destroyEvent(end);
}
