//===- AlignedBuffer.h - Memory for one tensor ------------------*- C++ -*-===//

#ifndef QUANTOPT_EXECUTION_ALIGNEDBUFFER_H
#define QUANTOPT_EXECUTION_ALIGNEDBUFFER_H

#include "quantopt/Target/Signature.h"

#include "llvm/Support/MemAlloc.h"

#include <cstring>
#include <memory>

namespace quantopt {

/// Zero-initialised memory for one tensor, aligned to a cache line.
class AlignedBuffer {
public:
  static constexpr size_t kAlignment = 64;

  explicit AlignedBuffer(const TensorSpec &tensor)
      : bytes(tensor.numBytes()),
        memory(static_cast<char *>(
                   llvm::allocate_buffer(bytes ? bytes : 1, kAlignment)),
               Free{bytes ? bytes : 1}) {
    std::memset(memory.get(), 0, bytes);
  }

  char *data() { return memory.get(); }
  const char *data() const { return memory.get(); }
  size_t size() const { return bytes; }

private:
  struct Free {
    size_t allocated;
    void operator()(char *pointer) const {
      llvm::deallocate_buffer(pointer, allocated, kAlignment);
    }
  };
  size_t bytes;
  std::unique_ptr<char, Free> memory;
};

} // namespace quantopt

#endif // QUANTOPT_EXECUTION_ALIGNEDBUFFER_H
