//===- PtxBlock.h - A block of threads of a kernel --------------*- C++ -*-===//

#ifndef QUANTOPT_TEST_LIB_FAKECUDA_PTXBLOCK_H
#define QUANTOPT_TEST_LIB_FAKECUDA_PTXBLOCK_H

#include "PtxMachine.h"

namespace ptx {

constexpr unsigned kWarp = 32, kGroup = 128;

struct Thread {
  std::vector<uint64_t> registers;
  size_t next = 0;
  unsigned number = 0;
  enum { Running, AtWarp, AtGroup, AtBarrier, Done } state = Running;
};

class Block {
public:
  Block(const Kernel &kernel, unsigned threads, unsigned sharedBytes,
        const std::vector<uint64_t> &parameters)
      : kernel(kernel), parameters(parameters), threads(threads) {
    // Dynamic shared memory begins where its alignment, the largest, allows.
    constexpr uint64_t kAlignment = 1024;
    dynamicShared =
        (kernel.sharedBytes + kAlignment - 1) / kAlignment * kAlignment;
    shared.resize(dynamicShared + sharedBytes);
  }

  void run(unsigned x, unsigned y, unsigned z);

private:
  void runThread(Thread &thread);
  void runWarp(unsigned first);
  void execute(Thread &thread, const Instruction &instruction);
  void convert(Thread &thread, const Instruction &instruction);
  void loadOrStore(Thread &thread, const Instruction &instruction);
  void multiply(unsigned first, const Instruction &instruction);
  void loadMatrices(unsigned first, const Instruction &instruction);
  void shuffle(unsigned first, const Instruction &instruction);
  bool runGroup(unsigned first);
  void multiplyGroup(unsigned first, const Instruction &instruction);
  int8_t readMatrix(uint64_t descriptor, unsigned row, unsigned byte) const;

  uint64_t read(const Thread &thread, const Operand &operand) const;
  uint64_t getAddress(const Thread &thread, const Operand &operand) const;
  char *getPlace(const Thread &thread, const Instruction &instruction,
                 const Operand &operand, bool isShared);

  const Kernel &kernel;
  const std::vector<uint64_t> &parameters;
  std::vector<Thread> threads_;
  std::vector<char> shared;
  uint64_t dynamicShared;
  unsigned threads;
  unsigned block[3] = {};
};

/// The low `bits` of `value`, without and with its sign.
uint64_t truncate(uint64_t value, int bits);
int64_t extend(uint64_t value, int bits);

/// Whether `word` is a part of the opcode.
bool has(const Instruction &instruction, const char *word);

} // namespace ptx

#endif // QUANTOPT_TEST_LIB_FAKECUDA_PTXBLOCK_H
