//===- PtxMachine.cpp - Kernels as PTX, one thread after the other --------===//

#include "PtxMachine.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace ptx;

namespace {

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

/// The type in an opcode: its kind (b, s, u, f) and its bits.
struct Type {
  char kind;
  int bits;
};

Type parseType(const std::string &word) {
  if (word == "pred")
    return {'b', 1};
  return {word[0], std::atoi(word.c_str() + 1)};
}

uint64_t truncate(uint64_t value, int bits) {
  return bits == 64 ? value : value & ((uint64_t(1) << bits) - 1);
}

int64_t extend(uint64_t value, int bits) {
  return bits == 64 ? int64_t(value)
                    : int64_t(value << (64 - bits)) >> (64 - bits);
}

double toFloat(uint64_t bits, int width) {
  if (width == 64) {
    double value;
    std::memcpy(&value, &bits, 8);
    return value;
  }
  float value;
  const uint32_t low = static_cast<uint32_t>(bits);
  std::memcpy(&value, &low, 4);
  return value;
}

uint64_t fromFloat(double value, int width) {
  uint64_t bits = 0;
  if (width == 64) {
    std::memcpy(&bits, &value, 8);
    return bits;
  }
  const float single = static_cast<float>(value);
  uint32_t low;
  std::memcpy(&low, &single, 4);
  return low;
}

bool has(const Instruction &instruction, const char *word) {
  return std::find(instruction.words.begin(), instruction.words.end(), word) !=
         instruction.words.end();
}

} // namespace

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

uint64_t Block::read(const Thread &thread, const Operand &operand) const {
  switch (operand.kind) {
  case Kind::Register:
    return thread.registers[operand.value];
  case Kind::Immediate:
    return operand.value;
  case Kind::Symbol: {
    auto found = kernel.shared.find(operand.name);
    return found == kernel.shared.end() ? dynamicShared : found->second;
  }
  case Kind::Special:
    if (operand.name == "%tid.x")
      return thread.number;
    if (operand.name == "%ntid.x")
      return threads;
    if (operand.name.rfind("%ctaid.", 0) == 0)
      return block[operand.name.back() - 'x'];
    break;
  case Kind::Vector: {
    uint64_t value = 0;
    int shift = 0;
    for (const Operand &part : operand.parts) {
      value |= truncate(read(thread, part), part.width) << shift;
      shift += part.width;
    }
    return value;
  }
  case Kind::Address:
    break;
  }
  fail("an operand that it does not know: " + operand.name);
}

uint64_t Block::getAddress(const Thread &thread, const Operand &operand) const {
  return read(thread, operand.parts[0]) + operand.offset;
}

char *Block::getPlace(const Thread &thread, const Instruction &instruction,
                      const Operand &operand, bool isShared) {
  const uint64_t address = getAddress(thread, operand);
  if (!isShared)
    return reinterpret_cast<char *>(address);
  if (address >= shared.size())
    fail("outside of shared memory: " + instruction.text);
  return shared.data() + address;
}

//===----------------------------------------------------------------------===//
// Instructions of a thread
//===----------------------------------------------------------------------===//

static bool compare(const std::string &how, Type type, uint64_t a, uint64_t b) {
  auto apply = [&](auto left, auto right) {
    const char first = how[0], second = how[1];
    if (first == 'e')
      return left == right;
    if (first == 'n')
      return left != right;
    if (first == 'l')
      return second == 't' ? left < right : left <= right;
    return second == 't' ? left > right : left >= right;
  };
  if (type.kind == 'f') {
    const double left = toFloat(a, type.bits), right = toFloat(b, type.bits);
    const bool isNaN = std::isnan(left) || std::isnan(right);
    if (how == "nan" || how == "num")
      return isNaN == (how == "nan");
    if (isNaN)
      return how.size() == 3;
    return apply(left, right);
  }
  if (type.kind == 's')
    return apply(extend(a, type.bits), extend(b, type.bits));
  return apply(truncate(a, type.bits), truncate(b, type.bits));
}

/// The smaller or the larger one, where +0 is larger than -0.
static double choose(double a, double b, bool wantsLess, bool keepsNaN) {
  if (std::isnan(a) || std::isnan(b)) {
    if (keepsNaN || (std::isnan(a) && std::isnan(b)))
      return std::nan("");
    return std::isnan(a) ? b : a;
  }
  if (a == b)
    return std::signbit(a) == wantsLess ? a : b;
  return (a < b) == wantsLess ? a : b;
}

static uint64_t permute(uint64_t a, uint64_t b, uint64_t selector) {
  const uint64_t bytes = truncate(a, 32) | truncate(b, 32) << 32;
  uint64_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const uint64_t nibble = selector >> (4 * i) & 15;
    uint64_t byte = bytes >> (8 * (nibble & 7)) & 255;
    if (nibble & 8)
      byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}

/// The high half of a product.
static uint64_t multiplyHigh(uint64_t a, uint64_t b, Type type) {
  if (type.kind == 's')
    return static_cast<uint64_t>(static_cast<__int128>(extend(a, type.bits)) *
                                     extend(b, type.bits) >>
                                 type.bits);
  return static_cast<uint64_t>(
      static_cast<unsigned __int128>(truncate(a, type.bits)) *
          truncate(b, type.bits) >>
      type.bits);
}

static double compute(const std::string &name, Type type, double a, double b,
                      double c) {
  const float x = static_cast<float>(a), y = static_cast<float>(b);
  const bool isSingle = type.bits == 32;
  if (name == "add")
    return isSingle ? x + y : a + b;
  if (name == "sub")
    return isSingle ? x - y : a - b;
  if (name == "mul")
    return isSingle ? x * y : a * b;
  if (name == "div")
    return isSingle ? x / y : a / b;
  if (name == "rcp")
    return isSingle ? 1.0f / x : 1.0 / a;
  if (name == "sqrt")
    return isSingle ? std::sqrt(x) : std::sqrt(a);
  if (name == "fma")
    return isSingle ? std::fma(x, y, static_cast<float>(c)) : std::fma(a, b, c);
  if (name == "neg")
    return -a;
  if (name == "abs")
    return std::fabs(a);
  fail("arithmetic that it does not know: " + name);
}

void Block::convert(Thread &thread, const Instruction &instruction) {
  const std::vector<std::string> &words = instruction.words;
  const Type from = parseType(words.back());
  const Type to = parseType(words[words.size() - 2]);
  const uint64_t source = read(thread, instruction.operands[1]);
  const Operand &target = instruction.operands[0];
  uint64_t result = 0;
  if (to.kind == 'f') {
    if (from.kind == 'f') {
      double value = toFloat(source, from.bits);
      if (has(instruction, "rni"))
        value = std::nearbyint(value);
      else if (has(instruction, "rzi"))
        value = std::trunc(value);
      else if (has(instruction, "rmi"))
        value = std::floor(value);
      else if (has(instruction, "rpi"))
        value = std::ceil(value);
      result = fromFloat(value, to.bits);
    } else if (to.bits == 32) {
      // Once, from all bits of the integer.
      const float value = from.kind == 's'
                              ? static_cast<float>(extend(source, from.bits))
                              : static_cast<float>(truncate(source, from.bits));
      result = fromFloat(value, 32);
    } else {
      result = fromFloat(from.kind == 's'
                             ? static_cast<double>(extend(source, from.bits))
                             : static_cast<double>(truncate(source, from.bits)),
                         64);
    }
  } else if (from.kind == 'f') {
    const double value = std::trunc(toFloat(source, from.bits));
    const double least = to.kind == 's' ? -std::ldexp(1.0, to.bits - 1) : 0.0;
    const double most = std::ldexp(1.0, to.kind == 's' ? to.bits - 1 : to.bits);
    if (std::isnan(value))
      result = 0;
    else if (value <= least)
      result = static_cast<uint64_t>(static_cast<int64_t>(least));
    else if (value >= most)
      result = to.kind == 's' ? (uint64_t(1) << (to.bits - 1)) - 1
                              : truncate(~uint64_t(0), to.bits);
    else
      result = value < 0 ? static_cast<uint64_t>(static_cast<int64_t>(value))
                         : static_cast<uint64_t>(value);
  } else {
    result = from.kind == 's' ? static_cast<uint64_t>(extend(source, from.bits))
                              : truncate(source, from.bits);
    result = to.kind == 's' ? static_cast<uint64_t>(extend(result, to.bits))
                            : truncate(result, to.bits);
  }
  thread.registers[target.value] = truncate(result, target.width);
}

void Block::loadOrStore(Thread &thread, const Instruction &instruction) {
  const bool isLoad = instruction.words[0] == "ld";
  const Operand &value = instruction.operands[isLoad ? 0 : 1];
  const Operand &address = instruction.operands[isLoad ? 1 : 0];
  const Type type = parseType(instruction.words.back());
  if (has(instruction, "param")) {
    const std::string &name = address.parts[0].name;
    auto found =
        std::find(kernel.parameters.begin(), kernel.parameters.end(), name);
    thread.registers[value.value] =
        parameters[found - kernel.parameters.begin()];
    return;
  }
  const bool isVector = value.kind == Kind::Vector;
  const size_t size = type.bits / 8;
  const size_t count = isVector ? value.parts.size() : 1;
  char *place =
      getPlace(thread, instruction, address, has(instruction, "shared"));
  // What a GPU would stop at.
  const uintptr_t where = has(instruction, "shared")
                              ? static_cast<uintptr_t>(place - shared.data())
                              : reinterpret_cast<uintptr_t>(place);
  if (where % (size * count) != 0)
    fail("a misaligned address: " + instruction.text);
  for (size_t i = 0; i < count; ++i) {
    const Operand &part = isVector ? value.parts[i] : value;
    if (!isLoad) {
      const uint64_t bits = read(thread, part);
      std::memcpy(place + i * size, &bits, size);
      continue;
    }
    uint64_t bits = 0;
    std::memcpy(&bits, place + i * size, size);
    if (type.kind == 's')
      bits = static_cast<uint64_t>(extend(bits, type.bits));
    thread.registers[part.value] = truncate(bits, part.width);
  }
}

void Block::execute(Thread &thread, const Instruction &instruction) {
  const std::vector<std::string> &words = instruction.words;
  const std::string &name = words[0];
  const std::vector<Operand> &operands = instruction.operands;
  if (name == "ld" || name == "st")
    return loadOrStore(thread, instruction);
  if (name == "cvt")
    return convert(thread, instruction);
  auto get = [&](size_t i) { return read(thread, operands[i]); };
  // Products of a warpgroup are done at once, too.
  if (name == "wgmma" || name == "fence")
    return;
  if (name == "cp") {
    if (has(instruction, "commit_group") || has(instruction, "wait_group"))
      return;
    char *to = getPlace(thread, instruction, operands[0], true);
    const char *from = getPlace(thread, instruction, operands[1], false);
    const size_t size = get(2);
    const size_t given = operands.size() > 3 ? truncate(get(3), 32) : size;
    if (reinterpret_cast<uintptr_t>(from) % size != 0 ||
        (to - shared.data()) % size != 0)
      fail("a misaligned address: " + instruction.text);
    std::memset(to, 0, size);
    std::memcpy(to, from, given);
    return;
  }
  const Operand &target = operands[0];
  auto set = [&](uint64_t value) {
    thread.registers[target.value] = truncate(value, target.width);
  };
  if (name == "mov" || name == "cvta") {
    const uint64_t value = get(1);
    if (target.kind != Kind::Vector)
      return set(value);
    int shift = 0;
    for (const Operand &part : target.parts) {
      thread.registers[part.value] = truncate(value >> shift, part.width);
      shift += part.width;
    }
    return;
  }
  const Type type = parseType(words.back());
  if (name == "setp")
    return set(compare(words[1], type, get(1), get(2)));
  if (name == "selp")
    return set(get(3) ? get(1) : get(2));
  if (name == "min" || name == "max") {
    const bool wantsLess = name == "min";
    if (type.kind == 'f')
      return set(fromFloat(choose(toFloat(get(1), type.bits),
                                  toFloat(get(2), type.bits), wantsLess,
                                  has(instruction, "NaN")),
                           type.bits));
    return set(compare("lt", type, get(1), get(2)) == wantsLess ? get(1)
                                                                : get(2));
  }
  if (type.kind == 'f') {
    auto real = [&](size_t i) {
      return operands.size() > i ? toFloat(get(i), type.bits) : 0.0;
    };
    return set(
        fromFloat(compute(name, type, real(1), real(2), real(3)), type.bits));
  }
  if (name == "add")
    return set(get(1) + get(2));
  if (name == "sub")
    return set(get(1) - get(2));
  if (name == "mul" && words[1] == "hi")
    return set(multiplyHigh(get(1), get(2), type));
  if (name == "mul" || name == "mad") {
    auto factor = [&](size_t i) {
      return type.kind == 's' ? static_cast<uint64_t>(extend(get(i), type.bits))
                              : truncate(get(i), type.bits);
    };
    return set(factor(1) * factor(2) + (name == "mad" ? get(3) : 0));
  }
  if (name == "div" || name == "rem") {
    const uint64_t a = truncate(get(1), type.bits),
                   b = truncate(get(2), type.bits);
    if (type.kind == 's' || b == 0)
      fail("a signed division, or one by zero: " + instruction.text);
    return set(name == "div" ? a / b : a % b);
  }
  if (name == "and")
    return set(get(1) & get(2));
  if (name == "or")
    return set(get(1) | get(2));
  if (name == "xor")
    return set(get(1) ^ get(2));
  if (name == "not")
    return set(~get(1));
  if (name == "neg")
    return set(0 - get(1));
  if (name == "abs")
    return set(static_cast<uint64_t>(std::abs(extend(get(1), type.bits))));
  if (name == "shl" || name == "shr") {
    const uint64_t by = truncate(get(2), 32);
    const bool isAll = by >= static_cast<uint64_t>(type.bits);
    if (name == "shl")
      return set(isAll ? 0 : get(1) << by);
    if (type.kind == 's')
      return set(static_cast<uint64_t>(
          extend(get(1), type.bits) >>
          std::min<uint64_t>(by, static_cast<uint64_t>(type.bits - 1))));
    return set(isAll ? 0 : truncate(get(1), type.bits) >> by);
  }
  if (name == "bfe") {
    const int length = static_cast<int>(get(3));
    const uint64_t field =
        truncate(truncate(get(1), type.bits) >> get(2), length);
    return set(type.kind == 's' ? static_cast<uint64_t>(extend(field, length))
                                : field);
  }
  if (name == "prmt")
    return set(permute(get(1), get(2), get(3)));
  fail("an instruction that it does not know: " + instruction.text);
}

//===----------------------------------------------------------------------===//
// Instructions of a warp
//===----------------------------------------------------------------------===//

static bool isOfWarp(const Instruction &instruction) {
  const std::string &name = instruction.words[0];
  return name == "mma" || name == "ldmatrix" || name == "shfl";
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
    const std::string &name = instruction.words[0];
    if (instruction.predicate >= 0 &&
        (thread.registers[instruction.predicate] != 0) ==
            instruction.isNegated) {
      ++thread.next;
    } else if (name == "bra") {
      thread.next = instruction.target;
    } else if (name == "ret") {
      thread.state = Thread::Done;
      return;
    } else if (name == "bar") {
      thread.state = Thread::AtBarrier;
      return;
    } else if (isOfWarp(instruction)) {
      thread.state = Thread::AtWarp;
      return;
    } else if (name == "wgmma" && has(instruction, "mma_async")) {
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
    if (instruction.words[0] == "mma")
      multiply(first, instruction);
    else if (instruction.words[0] == "ldmatrix")
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
