//===- PtxParser.cpp - PTX as instructions --------------------------------===//

#include "PtxMachine.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sstream>

using namespace ptx;

void ptx::fail(const std::string &what) {
  std::fprintf(stderr, "fake GPU: %s\n", what.c_str());
  std::exit(3);
}

static std::string trim(const std::string &text) {
  size_t begin = text.find_first_not_of(" \t");
  size_t end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

namespace {
class Parser {
public:
  std::map<std::string, Kernel> parse(const std::string &text);

private:
  void parseLine(const std::string &line);
  void parseVariable(const std::string &line);
  void parseInstruction(std::string line);
  Operand parseOperand(const std::string &text);
  void finish();

  std::map<std::string, Kernel> kernels;
  Kernel kernel;
  bool isInside = false, isInBlock = false;
  std::string unfinished;
  std::map<std::string, size_t> labels;
  std::map<std::string, size_t> registers;
};
} // namespace

/// What the first word of an opcode means; ends the process where nothing.
static Code parseCode(const std::string &word, const std::string &line) {
  static const std::map<std::string, Code> codes = {
      {"ld", Code::Ld},
      {"st", Code::St},
      {"cvt", Code::Cvt},
      {"wgmma", Code::Wgmma},
      {"fence", Code::Fence},
      {"cp", Code::Cp},
      {"mov", Code::Mov},
      {"cvta", Code::Cvta},
      {"setp", Code::Setp},
      {"selp", Code::Selp},
      {"min", Code::Min},
      {"max", Code::Max},
      {"add", Code::Add},
      {"sub", Code::Sub},
      {"mul", Code::Mul},
      {"mad", Code::Mad},
      {"div", Code::Div},
      {"rem", Code::Rem},
      {"and", Code::And},
      {"or", Code::Or},
      {"xor", Code::Xor},
      {"not", Code::Not},
      {"neg", Code::Neg},
      {"abs", Code::Abs},
      {"shl", Code::Shl},
      {"shr", Code::Shr},
      {"bfe", Code::Bfe},
      {"prmt", Code::Prmt},
      {"bra", Code::Bra},
      {"ret", Code::Ret},
      {"bar", Code::Bar},
      {"mma", Code::Mma},
      {"ldmatrix", Code::Ldmatrix},
      {"shfl", Code::Shfl},
      {"rcp", Code::Rcp},
      {"sqrt", Code::Sqrt},
      {"fma", Code::Fma}};
  auto found = codes.find(word);
  if (found == codes.end())
    fail("an instruction that it does not know: " + line);
  return found->second;
}

Type ptx::parseType(const std::string &word) {
  if (word == "pred")
    return {'b', 1};
  return {word[0], std::atoi(word.c_str() + 1)};
}

/// The bits of "0f3F800000", "0d...", "-5" or "0x1F".
static uint64_t parseNumber(const std::string &text) {
  if (text.rfind("0f", 0) == 0 || text.rfind("0d", 0) == 0)
    return std::strtoull(text.c_str() + 2, nullptr, 16);
  return static_cast<uint64_t>(std::strtoll(text.c_str(), nullptr, 0));
}

static int getWidth(const std::string &name) {
  std::string kind = name.substr(1, name.find_first_of("0123456789") - 1);
  return kind == "p"                   ? 1
         : kind == "rs" || kind == "h" ? 16
         : kind == "r" || kind == "f"  ? 32
                                       : 64;
}

/// The parts of `text` between commas that no bracket holds.
static std::vector<std::string> split(const std::string &text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (c == ',' && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string &part : parts)
    part = trim(part);
  return parts;
}

Operand Parser::parseOperand(const std::string &text) {
  Operand operand;
  if (text.front() == '{') {
    operand.kind = Kind::Vector;
    for (const std::string &part : split(text.substr(1, text.size() - 2)))
      operand.parts.push_back(parseOperand(part));
  } else if (text.front() == '[') {
    operand.kind = Kind::Address;
    std::string inside = text.substr(1, text.size() - 2);
    size_t plus = inside.find_first_of("+-", 1);
    if (plus != std::string::npos) {
      operand.offset = std::strtoll(
          inside.c_str() + plus + (inside[plus] == '+' ? 1 : 0), nullptr, 0);
      inside = inside.substr(0, plus);
    }
    operand.parts.push_back(parseOperand(trim(inside)));
  } else if (text.front() == '%' && text.find('.') != std::string::npos) {
    operand.kind = Kind::Special;
    operand.name = text;
  } else if (text.front() == '%') {
    operand.kind = Kind::Register;
    operand.width = getWidth(text);
    auto [entry, isNew] = registers.insert({text, registers.size()});
    operand.value = entry->second;
  } else if (std::isdigit(text.front()) || text.front() == '-') {
    operand.kind = Kind::Immediate;
    operand.value = parseNumber(text);
  } else {
    operand.kind = Kind::Symbol;
    operand.name = text;
  }
  return operand;
}

/// ".shared .align 16 .b8 name[490];" or ".shared .align 4 .f32 name;"
void Parser::parseVariable(const std::string &line) {
  std::istringstream words(line);
  std::string word, type, name;
  uint64_t alignment = 1;
  while (words >> word) {
    if (word == ".align")
      words >> alignment;
    else if (word.front() == '.' && word != ".shared")
      type = word;
    else if (word.front() != '.')
      name = word.substr(0, word.find_first_of("[;"));
  }
  uint64_t count = 1;
  if (size_t bracket = line.find('['); bracket != std::string::npos)
    count = std::strtoull(line.c_str() + bracket + 1, nullptr, 10);
  const uint64_t size = std::strtoull(type.c_str() + 2, nullptr, 10) / 8;
  kernel.sharedBytes =
      (kernel.sharedBytes + alignment - 1) / alignment * alignment;
  kernel.shared[name] = kernel.sharedBytes;
  kernel.sharedBytes += count * size;
}

void Parser::parseInstruction(std::string line) {
  Instruction instruction;
  instruction.text = line;
  line = line.substr(0, line.find(';'));
  if (line.front() == '@') {
    size_t space = line.find_first_of(" \t");
    instruction.isNegated = line[1] == '!';
    std::string name = line.substr(instruction.isNegated ? 2 : 1,
                                   space - 1 - (instruction.isNegated ? 1 : 0));
    instruction.predicate = static_cast<int>(parseOperand(trim(name)).value);
    line = trim(line.substr(space));
  }
  size_t space = line.find_first_of(" \t");
  std::istringstream words(line.substr(0, space));
  for (std::string word; std::getline(words, word, '.');)
    instruction.words.push_back(word);
  if (space != std::string::npos)
    for (std::string part : split(trim(line.substr(space)))) {
      // A result and whether it is valid, which is not asked for.
      if (size_t bar = part.find('|'); bar != std::string::npos)
        part = part.substr(0, bar);
      instruction.operands.push_back(parseOperand(part));
    }
  const std::vector<std::string> &all = instruction.words;
  instruction.code = parseCode(all[0], instruction.text);
  instruction.type = parseType(all.back());
  instruction.isShared = all.size() > 1 && all[1] == "shared";
  kernel.code.push_back(std::move(instruction));
}

void Parser::finish() {
  for (Instruction &instruction : kernel.code)
    if (instruction.code == Code::Bra)
      instruction.target = labels.at(instruction.operands[0].name);
  kernel.registers = registers.size();
  kernels[kernel.name] = std::move(kernel);
  kernel = Kernel();
  labels.clear();
  registers.clear();
  isInside = false;
}

void Parser::parseLine(const std::string &line) {
  // "{ .reg .b16 tmp; mov.b32 {%rs1, tmp}, %r12; }": a half that nobody wants.
  if (size_t move = line.find("mov.b32 {%rs");
      line.front() == '{' && move != std::string::npos) {
    std::string statement = line.substr(move, line.rfind(';') + 1 - move);
    statement.replace(statement.find("tmp"), 3, "%rs99999");
    return parseInstruction(statement);
  }
  if (size_t entry = line.find(".entry "); entry != std::string::npos) {
    kernel.name = line.substr(entry + 7, line.find('(') - entry - 7);
  } else if (line.rfind(".param", 0) == 0) {
    std::string name = line.substr(line.find_last_of(" \t") + 1);
    kernel.parameters.push_back(name.substr(0, name.find(',')));
  } else if (line == "{" && !kernel.name.empty() && !isInside) {
    isInside = true;
  } else if (line == "{" || (line == "}" && isInBlock)) {
    // A block of inline assembly.
    isInBlock = line == "{";
  } else if (line == "}" && isInside) {
    finish();
  } else if (!isInside || line.rfind(".reg", 0) == 0) {
    return;
  } else if (line.rfind(".shared", 0) == 0) {
    parseVariable(line);
  } else if (line.back() == ':') {
    labels[line.substr(0, line.size() - 1)] = kernel.code.size();
  } else if (isInBlock && line.rfind("setp", 0) == 0) {
    // That wgmma adds to what is there: it always does.
    return;
  } else if (line.front() != '.') {
    // One of several lines ends with the last.
    unfinished += unfinished.empty() ? line : " " + line;
    if (unfinished.back() == ';') {
      parseInstruction(unfinished);
      unfinished.clear();
    }
  }
}

std::map<std::string, Kernel> Parser::parse(const std::string &text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = trim(line.substr(0, line.find("//")));
    if (!line.empty())
      parseLine(line);
  }
  return std::move(kernels);
}

std::map<std::string, Kernel> ptx::parse(const std::string &text) {
  return Parser().parse(text);
}
