//===- Observe.cpp - The registry of observers ----------------------------===//

#include "quantopt-runtime/Observe.h"
#include "quantopt-runtime/Records.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

using namespace quantopt;

struct qopt_observer {
  std::mutex lock;
  CalibrationRecord record;
};

namespace {
struct Registry {
  std::mutex lock;
  std::map<std::string, std::unique_ptr<qopt_observer>> observers;
};
} // namespace

static Registry &registry() {
  // Never destroyed: code that is unloaded late may still call in.
  static Registry *instance = new Registry;
  return *instance;
}

qopt_observer *qopt_observer_get(const char *id) {
  Registry &r = registry();
  std::lock_guard<std::mutex> guard(r.lock);
  std::unique_ptr<qopt_observer> &observer = r.observers[id];
  if (!observer)
    observer = std::make_unique<qopt_observer>();
  return observer.get();
}

void qopt_observer_add(qopt_observer *observer, const float *data,
                       int64_t count) {
  if (count <= 0)
    return;
  std::lock_guard<std::mutex> guard(observer->lock);
  observer->record.add(data, static_cast<size_t>(count));
}

void qopt_observe_f32(const char *id, const float *data, int64_t count) {
  qopt_observer_add(qopt_observer_get(id), data, count);
}

void qopt_observe_tensor_f32(const char *id, const char *type,
                             const float *data, int64_t count) {
  qopt_observer *observer = qopt_observer_get(id);
  {
    std::lock_guard<std::mutex> guard(observer->lock);
    if (observer->record.type.empty())
      observer->record.type = type;
  }
  qopt_observer_add(observer, data, count);
}

void qopt_observe_means_f32(const char *id, const float *data,
                            const int64_t *sizes, int64_t parts) {
  ChannelShape shape;
  for (int64_t part = 0; part < parts; ++part) {
    if (sizes[2 * part] <= 0 || sizes[2 * part + 1] <= 0)
      return;
    shape.summed.push_back(sizes[2 * part]);
    shape.kept.push_back(sizes[2 * part + 1]);
  }
  if (parts <= 0)
    return;
  qopt_observer *observer = qopt_observer_get(id);
  std::lock_guard<std::mutex> guard(observer->lock);
  observer->record.inputMeans.add(data, shape);
}

void qopt_calibration_reset(void) {
  Registry &r = registry();
  std::lock_guard<std::mutex> guard(r.lock);
  r.observers.clear();
}

/// Writes and closes `file`; 0 or an errno.
static int writeAll(std::FILE *file, const std::string &text) {
  int error = 0;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fflush(file) != 0)
    error = errno ? errno : EIO;
  if (std::fclose(file) != 0 && error == 0)
    error = errno ? errno : EIO;
  return error;
}

int qopt_calibration_write(const char *path) {
  CalibrationRecords records;
  {
    Registry &r = registry();
    std::lock_guard<std::mutex> guard(r.lock);
    for (const auto &[id, observer] : r.observers) {
      std::lock_guard<std::mutex> observerGuard(observer->lock);
      records[id] = observer->record;
    }
  }
  // A pipe or a device is written to, not replaced.
  struct stat status;
  const bool isStream = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
  const std::string beside =
      isStream ? path : std::string(path) + ".tmp" + std::to_string(getpid());
  errno = 0;
  std::FILE *file = std::fopen(beside.c_str(), "wb");
  if (!file)
    return errno ? errno : EIO;
  int error = writeAll(file, calibrationToJson(records));
  if (isStream)
    return error;
  if (error == 0 && std::rename(beside.c_str(), path) != 0)
    error = errno ? errno : EIO;
  if (error != 0)
    std::remove(beside.c_str());
  return error;
}

CalibrationRecords runtime::takeRecords() {
  Registry &r = registry();
  std::lock_guard<std::mutex> guard(r.lock);
  CalibrationRecords records;
  for (auto &[id, observer] : r.observers)
    records[id] = std::move(observer->record);
  r.observers.clear();
  return records;
}
