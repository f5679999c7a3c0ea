//===- CHeader.cpp - C declaration of a compiled model --------------------===//

#include "quantopt/Target/CHeader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

static StringRef getCType(ElementType type) {
  switch (type) {
  case ElementType::I1:
    return "uint8_t";
  case ElementType::I8:
    return "int8_t";
  case ElementType::I16:
    return "int16_t";
  case ElementType::I32:
    return "int32_t";
  case ElementType::I64:
    return "int64_t";
  case ElementType::F16:
  case ElementType::BF16:
    return "uint16_t";
  case ElementType::F32:
    return "float";
  case ElementType::F64:
    return "double";
  }
  llvm_unreachable("unknown element type");
}

static bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name.front()) &&
         all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

static bool isReserved(StringRef name) {
  static const StringSet<> reserved = {
      "auto",     "break",   "case",     "char",    "class",   "const",
      "continue", "default", "delete",   "do",      "double",  "else",
      "enum",     "extern",  "float",    "for",     "goto",    "if",
      "inline",   "int",     "int8_t",   "int16_t", "int32_t", "int64_t",
      "long",     "new",     "operator", "private", "public",  "register",
      "restrict", "return",  "short",    "signed",  "sizeof",  "static",
      "struct",   "switch",  "template", "this",    "typedef", "uint8_t",
      "uint16_t", "union",   "unsigned", "using",   "void",    "volatile",
      "while"};
  return reserved.contains(name);
}

/// A parameter name made of `name`: letters of other alphabets and punctuation
/// become underscores, a name that repeats gets the parameter's number.
static std::string makeParameter(StringRef name, unsigned number,
                                 StringSet<> &taken) {
  std::string text;
  for (char c : name)
    text += isAlnum(c) || c == '_' ? c : '_';
  if (!isIdentifier(text) || isReserved(text))
    text = "_" + text;
  if (!taken.insert(text).second) {
    text += "_" + std::to_string(number);
    taken.insert(text);
  }
  return text;
}

static std::string getShape(const TensorSpec &tensor) {
  if (tensor.shape.empty())
    return "scalar";
  std::string text;
  for (int64_t size : tensor.shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  if (tensor.type == ElementType::F16 || tensor.type == ElementType::BF16)
    text += " " + getName(tensor.type).str() + " bit patterns";
  return text;
}

Error quantopt::writeCHeader(raw_ostream &os, const Signature &signature,
                             int64_t threads, bool observes, bool onGPU) {
  // A program has its own main; C and C++ keep their words to themselves.
  if (!isIdentifier(signature.entry) || signature.entry == "main" ||
      isReserved(signature.entry))
    return createStringError("a C header cannot declare the model's function "
                             "by the name '" +
                             signature.entry + "': give it another name");
  std::string guard = "QUANTOPT_MODEL_" + StringRef(signature.entry).upper();
  os << "/* Made by quant-compile: the compiled model '" << signature.entry
     << "'.\n *\n"
     << " * Buffers are dense and row-major. Inputs are read, outputs are "
        "written whole;\n"
     << " * none may overlap another. A buffer must be aligned for its element "
        "type;\n"
     << " * 64 bytes is fastest. ";
  if (onGPU)
    os << "They are in the memory of the host or of the GPU. The\n"
          " * first call compiles the model's kernels and takes its memory on "
          "the GPU; the\n"
          " * others allocate nothing. So it is not re-entrant: no two calls "
          "at "
          "a time.\n"
          " * Link libQuantOptRuntime.a and -ldl with its object file; a "
          "shared "
          "library has\n"
          " * them. quantopt-runtime/Gpu.h says what becomes of errors.\n";
  else
    os << "The function allocates nothing: its memory is one\n"
          " * static arena of the model. So it is not re-entrant: no two calls "
          "at a time.\n";
  if (threads > 1)
    os << " * It runs on up to " << threads
       << " threads: link libQuantOptRuntime.a and the thread library\n"
          " * (-pthread) with its object file; a shared library has them.\n";
  if (observes)
    os << " * It counts its values: link libQuantOptRuntime.a and\n"
          " * libQuantOptNumerics.a, which are C++, with its object file, and "
          "write the\n"
          " * table with quantopt-runtime/Observe.h.\n";
  os << " */\n"
     << "#ifndef " << guard << "_H\n#define " << guard << "_H\n\n"
     << "#include <stdint.h>\n\n";

  StringSet<> taken;
  SmallVector<std::string> parameters;
  unsigned number = 0;
  auto declare = [&](const TensorSpec &tensor, StringRef qualifier) {
    std::string name = makeParameter(tensor.name, number++, taken);
    os << "#define " << guard << "_" << StringRef(name).upper() << "_ELEMENTS "
       << tensor.numElements() << "\n";
    parameters.push_back((qualifier + getCType(tensor.type) + " *" + name +
                          " /* " + getShape(tensor) + " */")
                             .str());
  };
  for (const TensorSpec &input : signature.inputs)
    declare(input, "const ");
  for (const TensorSpec &output : signature.outputs)
    declare(output, "");

  os << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "void " << signature.entry << "(";
  os << (parameters.empty() ? "void" : llvm::join(parameters, ",\n    "))
     << ");\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return Error::success();
}
