/*
 * A libcuda.so.1 without a GPU: the functions of the driver that this project calls, on the CPU.
 *
 * It is stricter than the real one. Memory is full of rubbish and lies between forbidden pages, an
 * end at most 15 bytes before one. What is asynchronous is put off until somebody waits for it, so
 * who forgets to wait reads rubbish. A context that is not current is an error, and so is freeing
 * what is not there. After a kernel failed, every call fails until the context is gone.
 *
 * The environment tells it what to be, at every call anew:
 *
 *   FAKE_CUDA_DEVICES      how many GPUs; 1
 *   FAKE_CUDA_VERSION      of the driver; 12000
 *   FAKE_CUDA_CAPABILITY   of the GPUs; 75
 *   FAKE_CUDA_MEMORY       bytes of each; 1 GiB
 *   FAKE_CUDA_SCHEDULE     see blocks.h; 0
 *   FAKE_CUDA_THREADS      of the operating system that run blocks; as many as there are cores
 *   FAKE_CUDA_FAIL         NAME=CODE or NAME@N=CODE, separated by commas: the function NAME, or
 *                          only its N-th call since this was set, returns CODE and does nothing
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "cuda_shim.h" // last, for its macros are words of the standard headers

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;

enum {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  NOT_READY = 600,
  FIRST_STICKY = 700, // illegal address and its like: the context is lost
};

enum { MAX_DYNAMIC_SHARED = 8 }; // CUfunction_attribute

namespace {

struct Kernel {
  std::string name;
  void *function;
  shim::MakeCall makeCall;
  long long launched = 0;
};

struct Module;

struct Function {
  Kernel *kernel;
  int maxDynamicShared = 48 * 1024;
};

struct Module {
  std::string image;
  std::map<std::string, std::unique_ptr<Function>> functions;
};

struct Stream {
  std::deque<std::function<void()>> work;
  unsigned long long begun = 0, asked = 0;
};

struct Event {
  Stream *stream = nullptr;
  unsigned long long position = 0;
  std::chrono::steady_clock::time_point time;
  bool came = false; // since it was recorded last
};

struct Area {
  size_t bytes;
  unsigned char *mapping;
  size_t mapped;
};

struct Context {
  int device;
  int holders = 0;
};

std::recursive_mutex mutex; // everything below
bool initialised = false;
std::map<CUdeviceptr, Area> deviceAreas;
std::map<void *, Area> hostAreas;
std::set<Module *> modules;
std::set<Stream *> streams;
std::set<Event *> events;
Stream defaultStream;
Context contexts[8] = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
CUresult lost = SUCCESS;
std::string failures;                // as of the last call
std::map<std::string, int> attempts; // since `failures` changed
thread_local std::vector<Context *> current;

std::vector<Kernel> &kernels() {
  static std::vector<Kernel> all; // filled while the library is loaded, in any order
  return all;
}

long long setting(const char *name, long long otherwise) {
  const char *text = getenv(name);
  return text == nullptr || *text == 0 ? otherwise : atoll(text);
}

int deviceCount() { return int(setting("FAKE_CUDA_DEVICES", 1)); }

/* What the environment wants a function to return instead of doing its work. */
CUresult wanted(const std::string &function) {
  const char *text = getenv("FAKE_CUDA_FAIL");
  std::string all = text == nullptr ? "" : text;
  if (all != failures) {
    failures = all;
    attempts.clear();
  }
  int attempt = ++attempts[function];
  for (size_t from = 0; from < all.size();) {
    size_t to = std::min(all.find(',', from), all.size());
    std::string each = all.substr(from, to - from);
    size_t equals = each.find('=');
    size_t at = each.find('@');
    std::string name = each.substr(0, std::min(at, equals));
    bool now = at == std::string::npos || atoi(each.c_str() + at + 1) == attempt;
    if (name == function && now) return atoi(each.c_str() + equals + 1);
    from = to + 1;
  }
  return SUCCESS;
}

/* What stands in the way of a call, if anything. */
CUresult obstacle(const char *function, bool needsContext) {
  CUresult code = wanted(function);
  if (code >= FIRST_STICKY) lost = code;
  if (code != SUCCESS) return code;
  if (!initialised) return NOT_INITIALIZED;
  if (needsContext && (current.empty() || current.back()->holders == 0)) return INVALID_CONTEXT;
  return needsContext ? lost : SUCCESS;
}

#define BEGIN(function, needsContext)                                                              \
  std::lock_guard<std::recursive_mutex> guard(mutex);                                              \
  if (CUresult code = obstacle(function, needsContext)) return code

void runNext(Stream &stream) {
  std::function<void()> next = std::move(stream.work.front());
  stream.work.pop_front();
  stream.begun++;
  if (lost == SUCCESS) next();
}

void drain(Stream &stream, unsigned long long upTo = ~0ull) {
  while (!stream.work.empty() && stream.begun < upTo) runNext(stream);
}

void drainAll() {
  for (Stream *each : streams) drain(*each);
}

void ask(Stream *stream, std::function<void()> work) {
  if (stream == nullptr) { // the default stream waits for all others
    drainAll();
    work();
    return;
  }
  stream->work.push_back(std::move(work));
  stream->asked++;
}

bool known(Stream *stream) { return stream == nullptr || streams.count(stream) != 0; }

size_t pageSize() { return size_t(sysconf(_SC_PAGESIZE)); }

/* Memory between two forbidden pages, at the end of its own pages, or nothing. */
bool map(size_t bytes, Area *area, unsigned char **begin) {
  size_t page = pageSize(), capacity = (bytes + page - 1) / page * page;
  area->bytes = bytes;
  area->mapped = capacity + 2 * page;
  void *memory = mmap(nullptr, area->mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  area->mapping = static_cast<unsigned char *>(memory);
  mprotect(area->mapping, page, PROT_NONE);
  mprotect(area->mapping + page + capacity, page, PROT_NONE);
  memset(area->mapping + page, 0xCD, capacity);
  *begin = area->mapping + page + ((capacity - bytes) & ~size_t(15));
  return true;
}

bool within(CUdeviceptr at, size_t bytes) {
  auto area = deviceAreas.upper_bound(at);
  if (area == deviceAreas.begin()) return false;
  --area;
  return at - area->first + bytes <= area->second.bytes;
}

size_t deviceBytes() {
  size_t sum = 0;
  for (auto &each : deviceAreas) sum += each.second.bytes;
  return sum;
}

size_t memory() { return size_t(setting("FAKE_CUDA_MEMORY", 1ll << 30)); }

CUresult copy(CUdeviceptr device, size_t bytes, Stream *stream, std::function<void()> work) {
  if (!known(stream)) return INVALID_HANDLE;
  if (!within(device, bytes)) return INVALID_VALUE;
  ask(stream, std::move(work));
  return SUCCESS;
}

} // namespace

namespace shim {
void add(const char *name, void *kernel, MakeCall makeCall) {
  kernels().push_back({name, kernel, makeCall});
}
} // namespace shim

extern "C" {

/* How often a kernel was launched, for tests. */
long long fakeCudaLaunched(const char *name) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  for (const Kernel &each : kernels()) {
    if (each.name == name) return each.launched;
  }
  return -1;
}

/* For tests: how many things of a kind are held, so that none is forgotten. */
long long fakeCudaHeld(const char *kind) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  std::string what = kind;
  if (what == "device memory") return (long long)(deviceAreas.size());
  if (what == "host memory") return (long long)(hostAreas.size());
  if (what == "modules") return (long long)(modules.size());
  if (what == "streams") return (long long)(streams.size());
  if (what == "events") return (long long)(events.size());
  if (what == "contexts") {
    long long holders = 0;
    for (Context &each : contexts) holders += each.holders;
    return holders;
  }
  if (what == "current contexts") return (long long)(current.size());
  return -1;
}

CUresult cuInit(unsigned) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  if (CUresult code = wanted("cuInit")) return code;
  if (deviceCount() == 0) return NO_DEVICE;
  initialised = true;
  return SUCCESS;
}

CUresult cuDriverGetVersion(int *version) {
  *version = int(setting("FAKE_CUDA_VERSION", 12000));
  return SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
  BEGIN("cuDeviceGetCount", false);
  *count = deviceCount();
  return SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  BEGIN("cuDeviceGet", false);
  if (ordinal < 0 || ordinal >= deviceCount()) return INVALID_DEVICE;
  *device = ordinal;
  return SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  BEGIN("cuDeviceGetName", false);
  snprintf(name, size_t(length), "CPU as GPU %d", device);
  return SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  BEGIN("cuDeviceTotalMem", false);
  *bytes = memory();
  return SUCCESS;
}

/* Of a block, as the programming guide has it for each compute capability. */
static int sharedMemory(int capability) {
  switch (capability) {
    case 80: return 163 * 1024;
    case 90: return 227 * 1024;
    default: return (capability < 80 ? 64 : 99) * 1024;
  }
}

CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice) {
  BEGIN("cuDeviceGetAttribute", false);
  int capability = int(setting("FAKE_CUDA_CAPABILITY", 75));
  switch (attribute) {
    case 1: *value = 1024; break;                              // threads a block
    case 8: *value = 48 * 1024; break;                         // shared memory a block
    case 16: *value = 2; break;                                // multiprocessors
    case 75: *value = capability / 10; break;
    case 76: *value = capability % 10; break;
    case 97: *value = sharedMemory(capability); break; // opted in
    default: *value = 0;
  }
  return SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(Context **context, CUdevice device) {
  BEGIN("cuDevicePrimaryCtxRetain", false);
  if (device < 0 || device >= deviceCount()) return INVALID_DEVICE;
  *context = &contexts[device];
  (*context)->holders++;
  return SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  BEGIN("cuDevicePrimaryCtxRelease", false);
  if (contexts[device].holders == 0) return INVALID_CONTEXT;
  if (--contexts[device].holders == 0) lost = SUCCESS;
  return SUCCESS;
}

CUresult cuCtxPushCurrent_v2(Context *context) {
  BEGIN("cuCtxPushCurrent", false);
  if (context == nullptr || context->holders == 0) return INVALID_CONTEXT;
  current.push_back(context);
  return SUCCESS;
}

CUresult cuCtxPopCurrent_v2(Context **context) {
  BEGIN("cuCtxPopCurrent", false);
  if (current.empty()) return INVALID_CONTEXT;
  *context = current.back();
  current.pop_back();
  return SUCCESS;
}

CUresult cuCtxSetCurrent(Context *context) {
  BEGIN("cuCtxSetCurrent", false);
  if (!current.empty()) current.pop_back();
  if (context != nullptr) current.push_back(context);
  return SUCCESS;
}

CUresult cuCtxGetCurrent(Context **context) {
  BEGIN("cuCtxGetCurrent", false);
  *context = current.empty() ? nullptr : current.back();
  return SUCCESS;
}

CUresult cuCtxSynchronize() {
  BEGIN("cuCtxSynchronize", true);
  drainAll();
  return lost;
}

CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  BEGIN("cuMemGetInfo", true);
  *total = memory();
  *free = *total - std::min(*total, deviceBytes());
  return SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  BEGIN("cuMemAlloc", true);
  if (bytes == 0) return INVALID_VALUE;
  Area area;
  unsigned char *begin;
  if (bytes > memory() || deviceBytes() > memory() - bytes || !map(bytes, &area, &begin)) {
    return OUT_OF_MEMORY;
  }
  *address = reinterpret_cast<CUdeviceptr>(begin);
  deviceAreas[*address] = area;
  return SUCCESS;
}

/* Freeing works in a lost context too: here, so that tests can count. */
CUresult cuMemFree_v2(CUdeviceptr address) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  auto area = deviceAreas.find(address);
  if (area == deviceAreas.end()) return INVALID_VALUE;
  drainAll();
  munmap(area->second.mapping, area->second.mapped);
  deviceAreas.erase(area);
  return SUCCESS;
}

CUresult cuMemHostAlloc(void **address, size_t bytes, unsigned) {
  BEGIN("cuMemHostAlloc", true);
  if (bytes == 0) return INVALID_VALUE;
  Area area;
  unsigned char *begin;
  if (!map(bytes, &area, &begin)) return OUT_OF_MEMORY;
  *address = begin;
  hostAreas[begin] = area;
  return SUCCESS;
}

CUresult cuMemFreeHost(void *address) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  auto area = hostAreas.find(address);
  if (area == hostAreas.end()) return INVALID_VALUE;
  drainAll();
  munmap(area->second.mapping, area->second.mapped);
  hostAreas.erase(area);
  return SUCCESS;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, Stream *stream) {
  BEGIN("cuMemcpyHtoDAsync", true);
  return copy(to, bytes, stream, [=] { memcpy(reinterpret_cast<void *>(to), from, bytes); });
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, Stream *stream) {
  BEGIN("cuMemcpyDtoHAsync", true);
  return copy(from, bytes, stream, [=] { memcpy(to, reinterpret_cast<void *>(from), bytes); });
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  BEGIN("cuMemcpyHtoD", true);
  CUresult code = cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr);
  return code != SUCCESS ? code : lost;
}

CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  BEGIN("cuMemcpyDtoH", true);
  CUresult code = cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr);
  return code != SUCCESS ? code : lost;
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, Stream *stream) {
  BEGIN("cuMemcpyDtoDAsync", true);
  if (!within(from, bytes)) return INVALID_VALUE;
  return copy(to, bytes, stream, [=] {
    memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), bytes);
  });
}

CUresult cuMemsetD8Async(CUdeviceptr at, unsigned char value, size_t bytes, Stream *stream) {
  BEGIN("cuMemsetD8Async", true);
  return copy(at, bytes, stream, [=] { memset(reinterpret_cast<void *>(at), value, bytes); });
}

CUresult cuModuleLoadData(Module **module, const void *image) {
  BEGIN("cuModuleLoadData", true);
  std::string text = static_cast<const char *>(image);
  size_t version = text.find(".version ");
  if (version == std::string::npos) return INVALID_IMAGE;
  if (text.compare(version, 12, ".version 7.0") != 0) return UNSUPPORTED_PTX_VERSION;
  size_t target = text.find(".target sm_");
  if (target == std::string::npos) return INVALID_IMAGE;
  if (atoi(text.c_str() + target + 11) > setting("FAKE_CUDA_CAPABILITY", 75)) return INVALID_PTX;
  *module = new Module{text, {}};
  modules.insert(*module);
  return SUCCESS;
}

CUresult cuModuleUnload(Module *module) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  if (modules.erase(module) == 0) return INVALID_HANDLE;
  drainAll();
  delete module;
  return SUCCESS;
}

/* The PTX must have the kernel as well, so that stale PTX is noticed. */
CUresult cuModuleGetFunction(Function **function, Module *module, const char *name) {
  BEGIN("cuModuleGetFunction", true);
  if (modules.count(module) == 0) return INVALID_HANDLE;
  if (module->image.find(std::string(".entry ") + name + "(") == std::string::npos) {
    return NOT_FOUND;
  }
  for (Kernel &each : kernels()) {
    if (each.name == name) {
      std::unique_ptr<Function> &slot = module->functions[name];
      if (!slot) slot.reset(new Function{&each});
      *function = slot.get();
      return SUCCESS;
    }
  }
  return NOT_FOUND;
}

CUresult cuFuncSetAttribute(Function *function, int attribute, int value) {
  BEGIN("cuFuncSetAttribute", true);
  int limit;
  cuDeviceGetAttribute(&limit, 97, 0);
  if (attribute != MAX_DYNAMIC_SHARED || value > limit) return INVALID_VALUE;
  function->maxDynamicShared = value;
  return SUCCESS;
}

CUresult cuLaunchKernel(Function *function, unsigned gridX, unsigned gridY, unsigned gridZ,
                        unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                        Stream *stream, void **arguments, void **extra) {
  BEGIN("cuLaunchKernel", true);
  size_t threads = size_t(blockX) * blockY * blockZ;
  bool gridFits = gridX >= 1 && gridX <= 0x7fffffff && gridY >= 1 && gridY <= 65535 && gridZ >= 1 &&
                  gridZ <= 65535;
  if (!known(stream)) return INVALID_HANDLE;
  if (extra != nullptr || !gridFits || threads < 1 || threads > 1024) return INVALID_VALUE;
  if (sharedBytes > unsigned(function->maxDynamicShared)) return INVALID_VALUE;
  Kernel &kernel = *function->kernel;
  kernel.launched++;
  std::shared_ptr<shim::Call> call(kernel.makeCall(kernel.function, arguments));
  shim::Launch launch;
  launch.grid = dim3(gridX, gridY, gridZ);
  launch.block = dim3(blockX, blockY, blockZ);
  launch.dynamicShared = sharedBytes;
  ask(stream, [call, launch, &kernel]() mutable {
    launch.schedule = unsigned(setting("FAKE_CUDA_SCHEDULE", 0));
    launch.threads = unsigned(setting("FAKE_CUDA_THREADS", launch.threads));
    try {
      call->run(launch);
    } catch (const shim::Failure &failure) {
      fprintf(stderr, "fake libcuda: %s: %s\n", kernel.name.c_str(), failure.what());
      lost = failure.code;
    }
  });
  return SUCCESS;
}

CUresult cuStreamCreate(Stream **stream, unsigned) {
  BEGIN("cuStreamCreate", true);
  *stream = new Stream();
  streams.insert(*stream);
  return SUCCESS;
}

CUresult cuStreamSynchronize(Stream *stream) {
  BEGIN("cuStreamSynchronize", true);
  if (!known(stream)) return INVALID_HANDLE;
  if (stream == nullptr) {
    drainAll();
  } else {
    drain(*stream);
  }
  return lost;
}

CUresult cuStreamWaitEvent(Stream *stream, Event *event, unsigned) {
  BEGIN("cuStreamWaitEvent", true);
  if (!known(stream) || events.count(event) == 0) return INVALID_HANDLE;
  Stream *other = event->stream;
  unsigned long long position = event->position;
  ask(stream, [=] {
    if (other != nullptr && streams.count(other) != 0) drain(*other, position);
  });
  return SUCCESS;
}

CUresult cuStreamDestroy_v2(Stream *stream) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  if (streams.count(stream) == 0) return INVALID_HANDLE;
  drain(*stream);
  streams.erase(stream);
  delete stream;
  return SUCCESS;
}

CUresult cuEventCreate(Event **event, unsigned) {
  BEGIN("cuEventCreate", true);
  *event = new Event();
  events.insert(*event);
  return SUCCESS;
}

CUresult cuEventRecord(Event *event, Stream *stream) {
  BEGIN("cuEventRecord", true);
  if (!known(stream) || events.count(event) == 0) return INVALID_HANDLE;
  event->came = false;
  ask(stream, [=] {
    if (events.count(event) == 0) return;
    event->time = std::chrono::steady_clock::now();
    event->came = true;
  });
  event->stream = stream;
  event->position = stream == nullptr ? 0 : stream->asked;
  return SUCCESS;
}

CUresult cuEventSynchronize(Event *event) {
  BEGIN("cuEventSynchronize", true);
  if (events.count(event) == 0) return INVALID_HANDLE;
  if (event->stream != nullptr && streams.count(event->stream) != 0) {
    drain(*event->stream, event->position);
  }
  return lost;
}

CUresult cuEventElapsedTime(float *milliseconds, Event *from, Event *to) {
  BEGIN("cuEventElapsedTime", true);
  if (events.count(from) == 0 || events.count(to) == 0) return INVALID_HANDLE;
  if (!from->came || !to->came) return NOT_READY;
  *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return SUCCESS;
}

CUresult cuEventDestroy_v2(Event *event) {
  std::lock_guard<std::recursive_mutex> guard(mutex);
  if (events.erase(event) == 0) return INVALID_HANDLE;
  delete event;
  return SUCCESS;
}
}
