//===- CalibrationTable.h - What the observers saw --------------*- C++ -*-===//

#ifndef QUANTOPT_SUPPORT_CALIBRATIONTABLE_H
#define QUANTOPT_SUPPORT_CALIBRATIONTABLE_H

#include "quantopt/Support/CalibrationJson.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantopt {

/// Statistics by observer id. A file of its own: it can be read, kept, merged
/// with tables of other shards, and tried with every calibration method.
///
/// File: JSON, version 3,
///   {"format": "quant-opt calibration table", "version": 3, "tensors": [
///     {"id": "conv1", "type": "tensor<1x16x8x8xf32>",    of the value;
///     optional
///      "min": -1.5, "max": 3.25,                          exact, finite values
///      "zeros": 12, "nan": 0, "posInf": 0, "negInf": 0,
///      "samples": 4, "minSum": "-0x3p-1", "maxSum": "0x1p+3",  optional
///      "inputSamples": 4, "inputSums": ["0x1p+3", ...],        optional
///      "bins": [[16128, 3, 9], ...]}, ...]}
/// with tensors by ascending id and each run of bins as its first bin (the top
/// 16 bits of the f32 pattern) followed by the counts of it and its neighbours.
/// "samples" counts the samples with a finite value, and the sums, exact
/// hexadecimal floats, are those of their minima and maxima; they are left out
/// where a part of the values came from a table of version 1, which has none.
/// "inputSums" are of what a contraction reads, one a channel (ChannelMeans);
/// versions 1 and 2 have none.
/// Equal tables are equal bytes.
class CalibrationTable {
public:
  /// What a reader asks of an entry beyond that it is valid.
  using EntryCheck = llvm::function_ref<llvm::Error(llvm::StringRef,
                                                    const CalibrationRecord &)>;

  CalibrationTable() = default;
  explicit CalibrationTable(CalibrationRecords records)
      : records(std::move(records)) {}

  /// Reads a file; an error in it begins with "file:line:column: ". So does an
  /// error that `check`, if given, has about an entry.
  static llvm::Expected<CalibrationTable> load(llvm::StringRef path,
                                               EntryCheck check = nullptr);
  /// Reads a text; `file` stands for it in errors.
  static llvm::Expected<CalibrationTable>
  parse(llvm::StringRef text, llvm::StringRef file, EntryCheck check = nullptr);

  /// Writes beside `path` and renames: the whole file or none.
  llvm::Error save(llvm::StringRef path) const;
  std::string toJson() const { return calibrationToJson(records); }

  /// Adds the counts of `other`; ids of either are in the result. An error, and
  /// no change, where an id has two types.
  llvm::Error merge(const CalibrationTable &other);

  /// Null where the id is unknown.
  const CalibrationRecord *lookup(llvm::StringRef id) const;
  CalibrationRecord &operator[](llvm::StringRef id) {
    return records[id.str()];
  }

  auto begin() const { return records.begin(); }
  auto end() const { return records.end(); }
  size_t size() const { return records.size(); }
  bool empty() const { return records.empty(); }
  bool operator==(const CalibrationTable &o) const {
    return records == o.records;
  }

private:
  CalibrationRecords records;
};

} // namespace quantopt

#endif // QUANTOPT_SUPPORT_CALIBRATIONTABLE_H
