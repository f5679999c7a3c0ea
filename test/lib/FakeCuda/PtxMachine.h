//===- PtxMachine.h - Kernels as PTX, one thread after the other *- C++ -*-===//
//
// Interprets the part of PTX that our kernels are made of (PTX ISA 7.0), so
// that what they compute is tested where there is no GPU. Each thread runs
// until a barrier or an instruction of the whole warp, for which it waits.
// Copies to shared memory are done at once: who relies on them has to wait for
// them anyway.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TEST_LIB_FAKECUDA_PTXMACHINE_H
#define QUANTOPT_TEST_LIB_FAKECUDA_PTXMACHINE_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ptx {

enum class Kind { Register, Immediate, Symbol, Special, Vector, Address };

struct Operand {
  Kind kind;
  /// A register's number, or an immediate's bits.
  uint64_t value = 0;
  /// A register's width in bits.
  int width = 0;
  /// A symbol's or a special register's name.
  std::string name;
  /// Of an address: what stands before the offset. Of a vector: its registers.
  std::vector<Operand> parts;
  int64_t offset = 0;
};

/// What an instruction does: the first word of its opcode.
enum class Code {
  Ld,
  St,
  Cvt,
  Wgmma,
  Fence,
  Cp,
  Mov,
  Cvta,
  Setp,
  Selp,
  Min,
  Max,
  Add,
  Sub,
  Mul,
  Mad,
  Div,
  Rem,
  And,
  Or,
  Xor,
  Not,
  Neg,
  Abs,
  Shl,
  Shr,
  Bfe,
  Prmt,
  Bra,
  Ret,
  Bar,
  Mma,
  Ldmatrix,
  Shfl,
  Rcp,
  Sqrt,
  Fma,
};

/// The type at the end of an opcode: its kind (b, s, u, f) and its bits.
struct Type {
  char kind = 'b';
  int bits = 0;
};

Type parseType(const std::string &word);

struct Instruction {
  Code code = Code::Ret;
  Type type;
  bool isShared = false;          ///< It names shared memory first.
  std::vector<std::string> words; ///< of the opcode: "add", "s32"
  std::string text;               ///< as it stands in the module
  std::vector<Operand> operands;
  int predicate = -1;
  bool isNegated = false;
  size_t target = 0; ///< of a branch
};

struct Kernel {
  std::string name;
  std::vector<std::string> parameters;
  std::vector<Instruction> code;
  /// Where static variables begin in shared memory.
  std::map<std::string, uint64_t> shared;
  uint64_t sharedBytes = 0;
  size_t registers = 0;
};

/// The kernels of a module. Ends the process, with the line, where it holds
/// what is not known here.
std::map<std::string, Kernel> parse(const std::string &text);

/// Runs all blocks, one after the other. `parameters` are 64 bits each.
void run(const Kernel &kernel, const unsigned (&grid)[3], unsigned threads,
         unsigned sharedBytes, const std::vector<uint64_t> &parameters);

[[noreturn]] void fail(const std::string &what);

} // namespace ptx

#endif // QUANTOPT_TEST_LIB_FAKECUDA_PTXMACHINE_H
