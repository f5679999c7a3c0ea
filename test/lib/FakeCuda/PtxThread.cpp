//===- PtxThread.cpp - Instructions of one thread -------------------------===//

#include "PtxBlock.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace ptx;

uint64_t ptx::truncate(uint64_t value, int bits) {
  return bits == 64 ? value : value & ((uint64_t(1) << bits) - 1);
}

int64_t ptx::extend(uint64_t value, int bits) {
  return bits == 64 ? int64_t(value)
                    : int64_t(value << (64 - bits)) >> (64 - bits);
}

bool ptx::has(const Instruction &instruction, const char *word) {
  return std::find(instruction.words.begin(), instruction.words.end(), word) !=
         instruction.words.end();
}

static double toFloat(uint64_t bits, int width) {
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

static uint64_t fromFloat(double value, int width) {
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

static double compute(Code code, Type type, double a, double b, double c) {
  const float x = static_cast<float>(a), y = static_cast<float>(b);
  const bool isSingle = type.bits == 32;
  if (code == Code::Add)
    return isSingle ? x + y : a + b;
  if (code == Code::Sub)
    return isSingle ? x - y : a - b;
  if (code == Code::Mul)
    return isSingle ? x * y : a * b;
  if (code == Code::Div)
    return isSingle ? x / y : a / b;
  if (code == Code::Rcp)
    return isSingle ? 1.0f / x : 1.0 / a;
  if (code == Code::Sqrt)
    return isSingle ? std::sqrt(x) : std::sqrt(a);
  if (code == Code::Fma)
    return isSingle ? std::fma(x, y, static_cast<float>(c)) : std::fma(a, b, c);
  if (code == Code::Neg)
    return -a;
  if (code == Code::Abs)
    return std::fabs(a);
  fail("arithmetic that it does not know");
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
  const bool isLoad = instruction.code == Code::Ld;
  const Operand &value = instruction.operands[isLoad ? 0 : 1];
  const Operand &address = instruction.operands[isLoad ? 1 : 0];
  const Type type = instruction.type;
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
  char *place = getPlace(thread, instruction, address, instruction.isShared);
  // What a GPU would stop at.
  const uintptr_t where = instruction.isShared
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
  const Code code = instruction.code;
  const std::vector<Operand> &operands = instruction.operands;
  if (code == Code::Ld || code == Code::St)
    return loadOrStore(thread, instruction);
  if (code == Code::Cvt)
    return convert(thread, instruction);
  auto get = [&](size_t i) { return read(thread, operands[i]); };
  // Products of a warpgroup are done at once, too.
  if (code == Code::Wgmma || code == Code::Fence)
    return;
  if (code == Code::Cp) {
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
  if (code == Code::Mov || code == Code::Cvta) {
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
  const Type type = instruction.type;
  if (code == Code::Setp)
    return set(compare(words[1], type, get(1), get(2)));
  if (code == Code::Selp)
    return set(get(3) ? get(1) : get(2));
  if (code == Code::Min || code == Code::Max) {
    const bool wantsLess = code == Code::Min;
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
        fromFloat(compute(code, type, real(1), real(2), real(3)), type.bits));
  }
  if (code == Code::Add)
    return set(get(1) + get(2));
  if (code == Code::Sub)
    return set(get(1) - get(2));
  if (code == Code::Mul && words[1] == "hi")
    return set(multiplyHigh(get(1), get(2), type));
  if (code == Code::Mul || code == Code::Mad) {
    auto factor = [&](size_t i) {
      return type.kind == 's' ? static_cast<uint64_t>(extend(get(i), type.bits))
                              : truncate(get(i), type.bits);
    };
    return set(factor(1) * factor(2) + (code == Code::Mad ? get(3) : 0));
  }
  if (code == Code::Div || code == Code::Rem) {
    const uint64_t a = truncate(get(1), type.bits),
                   b = truncate(get(2), type.bits);
    if (type.kind == 's' || b == 0)
      fail("a signed division, or one by zero: " + instruction.text);
    return set(code == Code::Div ? a / b : a % b);
  }
  if (code == Code::And)
    return set(get(1) & get(2));
  if (code == Code::Or)
    return set(get(1) | get(2));
  if (code == Code::Xor)
    return set(get(1) ^ get(2));
  if (code == Code::Not)
    return set(~get(1));
  if (code == Code::Neg)
    return set(0 - get(1));
  if (code == Code::Abs)
    return set(static_cast<uint64_t>(std::abs(extend(get(1), type.bits))));
  if (code == Code::Shl || code == Code::Shr) {
    const uint64_t by = truncate(get(2), 32);
    const bool isAll = by >= static_cast<uint64_t>(type.bits);
    if (code == Code::Shl)
      return set(isAll ? 0 : get(1) << by);
    if (type.kind == 's')
      return set(static_cast<uint64_t>(
          extend(get(1), type.bits) >>
          std::min<uint64_t>(by, static_cast<uint64_t>(type.bits - 1))));
    return set(isAll ? 0 : truncate(get(1), type.bits) >> by);
  }
  if (code == Code::Bfe) {
    const int length = static_cast<int>(get(3));
    const uint64_t field =
        truncate(truncate(get(1), type.bits) >> get(2), length);
    return set(type.kind == 's' ? static_cast<uint64_t>(extend(field, length))
                                : field);
  }
  if (code == Code::Prmt)
    return set(permute(get(1), get(2), get(3)));
  fail("an instruction that it does not know: " + instruction.text);
}
