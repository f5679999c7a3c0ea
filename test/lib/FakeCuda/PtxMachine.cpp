//===- PtxMachine.cpp - Kernels as PTX, one thread after the other --------===//

#include "PtxBlock.h"

#include <algorithm>
#include <cstring>

using namespace ptx;

//===----------------------------------------------------------------------===//
// Instructions of a warp
//===----------------------------------------------------------------------===//

static bool isOfWarp(const Instruction &instruction) {
  const Code code = instruction.code;
  return code == Code::Mma || code == Code::Ldmatrix || code == Code::Shfl;
}

/// mma.sync.m16n8k32: a thread has four terms of a row or column in a register.
void Block::multiply(unsigned first, const Instruction &instruction) {
  const std::vector<std::string> &words = instruction.words;
  const bool isLeftSigned = words[words.size() - 3] == "s8",
             isRightSigned = words[words.size() - 2] == "s8";
  int32_t left[16][32], right[8][32];
  auto unpack = [](uint64_t word, int byte, bool isSigned) {
    const uint64_t bits = word >> (8 * byte) & 255;
    return static_cast<int32_t>(isSigned ? extend(bits, 8)
                                         : static_cast<int64_t>(bits));
  };
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    const Thread &thread = threads_[first + lane];
    const unsigned row = lane / 4, term = lane % 4 * 4;
    for (int byte = 0; byte < 4; ++byte) {
      for (unsigned i = 0; i < 4; ++i)
        left[row + i % 2 * 8][term + i / 2 * 16 + byte] = unpack(
            read(thread, instruction.operands[1].parts[i]), byte, isLeftSigned);
      for (unsigned i = 0; i < 2; ++i)
        right[row][term + i * 16 + byte] =
            unpack(read(thread, instruction.operands[2].parts[i]), byte,
                   isRightSigned);
    }
  }
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    Thread &thread = threads_[first + lane];
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      uint32_t sum =
          static_cast<uint32_t>(read(thread, instruction.operands[3].parts[i]));
      for (unsigned k = 0; k < 32; ++k)
        sum += static_cast<uint32_t>(left[row][k] * right[column][k]);
      thread.registers[instruction.operands[0].parts[i].value] = sum;
    }
  }
}

/// ldmatrix.x4: lane 8 i + r has the address of row r of matrix i, of 16 bytes.
void Block::loadMatrices(unsigned first, const Instruction &instruction) {
  const size_t count = instruction.operands[0].parts.size();
  std::vector<const char *> rows;
  for (unsigned lane = 0; lane < kWarp; ++lane)
    rows.push_back(getPlace(threads_[first + lane], instruction,
                            instruction.operands[1], true));
  for (unsigned lane = 0; lane < kWarp; ++lane)
    for (size_t i = 0; i < count; ++i) {
      uint32_t word;
      std::memcpy(&word, rows[8 * i + lane / 4] + lane % 4 * 4, 4);
      threads_[first + lane].registers[instruction.operands[0].parts[i].value] =
          word;
    }
}

void Block::shuffle(unsigned first, const Instruction &instruction) {
  if (!has(instruction, "bfly"))
    fail("a shuffle that it does not know: " + instruction.text);
  std::vector<uint64_t> values;
  for (unsigned lane = 0; lane < kWarp; ++lane)
    values.push_back(read(threads_[first + lane], instruction.operands[1]));
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    Thread &thread = threads_[first + lane];
    thread.registers[instruction.operands[0].value] =
        values[lane ^ read(thread, instruction.operands[2])];
  }
}

//===----------------------------------------------------------------------===//
// Instructions of a warpgroup
//===----------------------------------------------------------------------===//

/// A byte of a matrix that a descriptor of wgmma tells (PTX ISA, "Matrix
/// descriptor format"): along its rows, with chunks of 16 bytes exchanged over
/// 128.
int8_t Block::readMatrix(uint64_t descriptor, unsigned row,
                         unsigned byte) const {
  constexpr uint64_t kSwizzle128 = 1;
  if (descriptor >> 62 != kSwizzle128)
    fail("a layout that it does not know");
  const uint64_t start = (descriptor & 0x3FFF) << 4;
  const uint64_t eightRows = (descriptor >> 32 & 0x3FFF) << 4;
  uint64_t address = start + row / 8 * eightRows + row % 8 * 128 + byte;
  address ^= (address >> 7 & 7) << 4;
  if (address >= shared.size())
    fail("outside of shared memory: a matrix of wgmma");
  return static_cast<int8_t>(shared[address]);
}

/// wgmma.m64nNk32: warp w has rows 16 w and on, in the order of mma.sync.
void Block::multiplyGroup(unsigned first, const Instruction &instruction) {
  const std::vector<std::string> &words = instruction.words;
  auto extendByte = [&](int8_t byte, size_t fromEnd) {
    return words[words.size() - fromEnd] == "s8"
               ? static_cast<int32_t>(byte)
               : static_cast<int32_t>(static_cast<uint8_t>(byte));
  };
  const std::vector<Operand> &sums = instruction.operands[0].parts;
  const unsigned columns = static_cast<unsigned>(sums.size() / 4 * 8);
  const uint64_t left = read(threads_[first], instruction.operands[1]),
                 right = read(threads_[first], instruction.operands[2]);
  std::vector<int32_t> a(64 * 32), b(columns * 32);
  for (unsigned k = 0; k < 32; ++k) {
    for (unsigned row = 0; row < 64; ++row)
      a[row * 32 + k] = extendByte(readMatrix(left, row, k), 2);
    for (unsigned column = 0; column < columns; ++column)
      b[column * 32 + k] = extendByte(readMatrix(right, column, k), 1);
  }
  for (unsigned i = 0; i < kGroup; ++i) {
    Thread &thread = threads_[first + i];
    const unsigned lane = i % kWarp;
    for (size_t j = 0; j < sums.size(); ++j) {
      const unsigned row = i / kWarp * 16 + lane / 4 + j % 4 / 2 * 8;
      const unsigned column =
          static_cast<unsigned>(j / 4 * 8) + lane % 4 * 2 + j % 2;
      uint32_t sum = static_cast<uint32_t>(read(thread, sums[j]));
      for (unsigned k = 0; k < 32; ++k)
        sum += static_cast<uint32_t>(a[row * 32 + k] * b[column * 32 + k]);
      thread.registers[sums[j].value] = sum;
    }
  }
}

/// Does what the four warps from `first` on wait for. Returns whether they did.
bool Block::runGroup(unsigned first) {
  unsigned waiting = 0;
  for (unsigned i = 0; i < kGroup && first + i < threads; ++i)
    waiting += threads_[first + i].state == Thread::AtGroup &&
               threads_[first + i].next == threads_[first].next;
  if (waiting == 0)
    return false;
  const Instruction &instruction = kernel.code[threads_[first].next];
  if (waiting != kGroup)
    fail("threads of a warpgroup part at " + instruction.words[0]);
  multiplyGroup(first, instruction);
  for (unsigned i = 0; i < kGroup; ++i) {
    threads_[first + i].state = Thread::Running;
    ++threads_[first + i].next;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// A block
//===----------------------------------------------------------------------===//

void Block::runThread(Thread &thread) {
  while (true) {
    const Instruction &instruction = kernel.code[thread.next];
    const Code code = instruction.code;
    if (instruction.predicate >= 0 &&
        (thread.registers[instruction.predicate] != 0) ==
            instruction.isNegated) {
      ++thread.next;
    } else if (code == Code::Bra) {
      thread.next = instruction.target;
    } else if (code == Code::Ret) {
      thread.state = Thread::Done;
      return;
    } else if (code == Code::Bar) {
      thread.state = Thread::AtBarrier;
      return;
    } else if (isOfWarp(instruction)) {
      thread.state = Thread::AtWarp;
      return;
    } else if (code == Code::Wgmma && has(instruction, "mma_async")) {
      thread.state = Thread::AtGroup;
      return;
    } else {
      execute(thread, instruction);
      ++thread.next;
    }
  }
}

/// Runs a warp until all of its threads wait at a barrier or are done.
void Block::runWarp(unsigned first) {
  while (true) {
    bool waits = false;
    for (unsigned lane = 0; lane < kWarp; ++lane) {
      Thread &thread = threads_[first + lane];
      if (thread.state == Thread::Running)
        runThread(thread);
      waits |= thread.state == Thread::AtWarp;
    }
    if (!waits)
      return;
    const Instruction &instruction = kernel.code[threads_[first].next];
    for (unsigned lane = 0; lane < kWarp; ++lane)
      if (threads_[first + lane].state != Thread::AtWarp ||
          threads_[first + lane].next != threads_[first].next)
        fail("threads of a warp part at " + instruction.text);
    if (instruction.code == Code::Mma)
      multiply(first, instruction);
    else if (instruction.code == Code::Ldmatrix)
      loadMatrices(first, instruction);
    else
      shuffle(first, instruction);
    for (unsigned lane = 0; lane < kWarp; ++lane) {
      threads_[first + lane].state = Thread::Running;
      ++threads_[first + lane].next;
    }
  }
}

void Block::run(unsigned x, unsigned y, unsigned z) {
  block[0] = x;
  block[1] = y;
  block[2] = z;
  if (threads % kWarp != 0)
    fail("a block of no whole warps: " + kernel.name);
  // Nobody may rely on what was there.
  std::fill(shared.begin(), shared.end(), char(0x5A));
  threads_.assign(threads, Thread());
  for (unsigned i = 0; i < threads; ++i) {
    threads_[i].registers.resize(kernel.registers);
    threads_[i].number = i;
  }
  while (true) {
    for (unsigned first = 0; first < threads; first += kWarp)
      runWarp(first);
    bool goesOn = false;
    for (unsigned first = 0; first < threads; first += kGroup)
      goesOn |= runGroup(first);
    if (goesOn)
      continue;
    const size_t waiting =
        std::count_if(threads_.begin(), threads_.end(), [](const Thread &t) {
          return t.state == Thread::AtBarrier;
        });
    if (waiting == 0)
      return;
    if (waiting != threads)
      fail("threads of a block part at a barrier: " + kernel.name);
    for (Thread &thread : threads_) {
      thread.state = Thread::Running;
      ++thread.next;
    }
  }
}

void ptx::run(const Kernel &kernel, const unsigned (&grid)[3], unsigned threads,
              unsigned sharedBytes, const std::vector<uint64_t> &parameters) {
  Block block(kernel, threads, sharedBytes, parameters);
  for (unsigned z = 0; z < grid[2]; ++z)
    for (unsigned y = 0; y < grid[1]; ++y)
      for (unsigned x = 0; x < grid[0]; ++x)
        block.run(x, y, z);
}
