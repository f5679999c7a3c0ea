//===- ChannelState.cpp - Where a channel's scale comes from --------------===//

#include "ChannelState.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;
using namespace mlir::qopt;

static StringRef explainState(ChannelState state) {
  switch (state) {
  case ChannelState::Ordinary:
    return "ordinary";
  case ChannelState::Dead:
    return "dead: all of their weights are zero";
  case ChannelState::Tiny:
    return "tiny: below what a scale can hold, stored as zeros";
  case ChannelState::Widened:
    return "widened so that the bias fits in the accumulator";
  }
  llvm_unreachable("unknown state");
}

std::string mlir::qopt::describe(ArrayRef<ChannelState> states,
                                 ChannelState wanted) {
  constexpr size_t kShown = 8;
  std::string channels;
  size_t count = 0;
  for (auto [channel, state] : enumerate(states))
    if (state == wanted && count++ < kShown)
      channels += (count == 1 ? "" : ", ") + std::to_string(channel);
  if (count == 0)
    return "";
  return std::to_string(count) + " of " + std::to_string(states.size()) +
         " channels " + explainState(wanted).str() + " (" + channels +
         (count > kShown ? ", ...)" : ")");
}

std::string mlir::qopt::describe(ArrayRef<ChannelState> states) {
  std::string all;
  for (ChannelState state :
       {ChannelState::Dead, ChannelState::Tiny, ChannelState::Widened})
    if (std::string text = describe(states, state); !text.empty())
      all += (all.empty() ? "" : "; ") + text;
  return all;
}
