//===- ChannelState.h - Where a channel's scale comes from ------*- C++ -*-===//

#ifndef QUANTOPT_LIB_QUANTIZATION_CHANNELSTATE_H
#define QUANTOPT_LIB_QUANTIZATION_CHANNELSTATE_H

#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace mlir::qopt {

/// What is to say of a channel's scale (docs/NumericContract.md).
enum class ChannelState : uint8_t {
  Ordinary,
  Dead,    ///< all weights are zero
  Tiny,    ///< their scale would be below the smallest normal f32
  Widened, ///< the bias needs a larger scale than the weights
};

/// "2 of 8 channels dead: ... (0, 5)" of those in state `wanted`; empty where
/// there are none.
std::string describe(llvm::ArrayRef<ChannelState> states, ChannelState wanted);

/// The same of all states but Ordinary.
std::string describe(llvm::ArrayRef<ChannelState> states);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_CHANNELSTATE_H
