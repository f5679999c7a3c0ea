//===- SampleFeeder.h - Samples of an .npz for a model's inputs -*- C++ -*-===//
//
// How the arrays of a file meet the inputs of a function, for evaluation and
// for calibration alike. Data is streamed: memory does not grow with samples.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_EXECUTION_SAMPLEFEEDER_H
#define QUANTOPT_EXECUTION_SAMPLEFEEDER_H

#include "quantopt/Execution/AlignedBuffer.h"
#include "quantopt/Support/NonFinitePolicy.h"
#include "quantopt/Support/Npz.h"
#include "quantopt/Target/Signature.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace quantopt {

/// One array of a file, read sample by sample into the memory of one tensor.
///
/// A tensor of shape [d0, d1, ...] is fed by an array of shape
/// [samples, d0, d1, ...], by [samples, d1, ...] where d0 is 1, or by one of
/// exactly its own shape, which is one sample. The array's type is the
/// tensor's; integers also widen to i32 and i64, and 64-bit ones narrow to i32
/// where every value fits. i8 takes int8 and uint8, bit for bit. Nothing else
/// is converted: in particular float64 is not rounded to f32 behind the user's
/// back.
class SampleArray {
public:
  /// Opens `array` of `file` for `tensor`. `role` says what the tensor is in
  /// errors: "argument 'image' of 'main'". Errors: shape or type do not fit.
  static llvm::Expected<SampleArray> open(const NpzReader &file,
                                          const NpyArray &array,
                                          const TensorSpec &tensor,
                                          const llvm::Twine &role);

  llvm::StringRef getName() const { return stream->array().name; }
  int64_t getNumSamples() const { return samples; }
  /// Reads the next sample into data(). Errors: past the end, a damaged file, a
  /// value that does not fit the tensor's type.
  llvm::Error read();
  const AlignedBuffer &getBuffer() const { return buffer; }

private:
  SampleArray(const TensorSpec &tensor) : tensor(tensor), buffer(tensor) {}

  TensorSpec tensor;
  AlignedBuffer buffer;
  std::unique_ptr<NpyStream> stream;
  std::vector<int64_t> wide;
  std::string path;
  int64_t samples = 0;
};

/// Feeds the inputs of a signature from the arrays of one .npz or .npy file.
///
/// An input takes the array of its name. The others take, in order, the next
/// array of the file that no name claims, that is not reserved and that fits
/// in shape and type. All inputs must have the same number of samples.
class SampleFeeder {
public:
  struct Options {
    /// Arrays that are no inputs: expected outputs, labels.
    std::vector<std::string> reserved;
    NonFinitePolicy nonFinite = NonFinitePolicy::Error;
    /// Stop after this many samples; 0 takes all.
    int64_t limit = 0;
  };

  /// Errors name the file and say what was expected, what the file holds and
  /// what to do.
  static llvm::Expected<std::unique_ptr<SampleFeeder>>
  open(llvm::StringRef path, const Signature &signature,
       const Options &options);

  /// Samples that next() will deliver.
  int64_t getNumSamples() const { return samples; }

  /// Reads the next sample of every input; false after the last one.
  llvm::Expected<bool> next();
  /// One pointer for each input of the signature to the sample that next()
  /// read, valid until next() is called again.
  llvm::ArrayRef<const void *> getInputs() const { return pointers; }
  /// Which array feeds each input.
  llvm::ArrayRef<SampleArray> getArrays() const { return arrays; }
  /// Where several inputs took arrays by position, which took which, "input
  /// 'a' takes array 'x', input 'b' takes array 'y'": a user must be able to
  /// see that they are not swapped. Empty otherwise.
  std::string describePositions() const;

  /// Opens another array of the file, such as the expected outputs. It must
  /// hold as many samples as the inputs.
  llvm::Expected<SampleArray> openArray(llvm::StringRef name,
                                        const TensorSpec &tensor,
                                        const llvm::Twine &role) const;

  /// NaN and infinities seen so far in one input's samples.
  struct NonFiniteCount {
    uint64_t nan = 0, infinite = 0;
    int64_t samples = 0;      ///< samples with at least one of them
    int64_t firstSample = -1; ///< index of the first such sample
  };
  llvm::ArrayRef<NonFiniteCount> getNonFinite() const { return nonFinite; }
  /// "array 'x' holds 3 NaN and 1 infinite values in 2 of the 98 samples read,
  /// the first in sample 17"; empty where all is finite.
  std::string describeNonFinite() const;

private:
  SampleFeeder() = default;
  llvm::Error bind(const Signature &signature, const Options &options);
  llvm::Error checkSampleCounts();
  llvm::Error readSample();
  void countNonFinite();

  std::unique_ptr<NpzReader> file;
  std::vector<SampleArray> arrays;
  std::vector<TensorSpec> inputs;
  std::vector<const void *> pointers;
  std::vector<NonFiniteCount> nonFinite;
  NonFinitePolicy policy = NonFinitePolicy::Error;
  int64_t samples = 0, samplesInFile = 0, position = 0;
};

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_SAMPLEFEEDER_H
