//===- Signature.cpp - Read a function's signature from IR ----------------===//

#include "quantopt/Target/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace mlir;
using namespace quantopt;

unsigned quantopt::getByteWidth(ElementType type) {
  switch (type) {
  case ElementType::I1:
  case ElementType::I8:
    return 1;
  case ElementType::I16:
  case ElementType::F16:
  case ElementType::BF16:
    return 2;
  case ElementType::I32:
  case ElementType::F32:
    return 4;
  case ElementType::I64:
  case ElementType::F64:
    return 8;
  }
  llvm_unreachable("unknown element type");
}

StringRef quantopt::getName(ElementType type) {
  switch (type) {
  case ElementType::I1:
    return "i1";
  case ElementType::I8:
    return "i8";
  case ElementType::I16:
    return "i16";
  case ElementType::I32:
    return "i32";
  case ElementType::I64:
    return "i64";
  case ElementType::F16:
    return "f16";
  case ElementType::BF16:
    return "bf16";
  case ElementType::F32:
    return "f32";
  case ElementType::F64:
    return "f64";
  }
  llvm_unreachable("unknown element type");
}

int64_t TensorSpec::numElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::string TensorSpec::str() const {
  std::string text;
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + getName(type).str();
}

static std::optional<ElementType> getElementType(Type type) {
  if (type.isF16())
    return ElementType::F16;
  if (type.isBF16())
    return ElementType::BF16;
  if (type.isF32())
    return ElementType::F32;
  if (type.isF64())
    return ElementType::F64;
  if (type.isIndex())
    return ElementType::I64;
  if (auto integer = dyn_cast<IntegerType>(type)) {
    switch (integer.getWidth()) {
    case 1:
      return ElementType::I1;
    case 8:
      return ElementType::I8;
    case 16:
      return ElementType::I16;
    case 32:
      return ElementType::I32;
    case 64:
      return ElementType::I64;
    }
  }
  return std::nullopt;
}

static std::string print(Type type) {
  std::string text;
  raw_string_ostream(text) << type;
  return text;
}

static Expected<TensorSpec> readTensor(Type type, const Twine &what,
                                       StringRef entry) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return createStringError(Twine(what) + " of '" + entry + "' is " +
                             print(type) +
                             ", not a ranked tensor: only functions on tensors "
                             "can be compiled");
  if (!tensor.hasStaticShape())
    return createStringError(Twine(what) + " of '" + entry + "' is " +
                             print(type) +
                             ": give the inputs static shapes before compiling "
                             "(--input-shapes)");
  std::optional<ElementType> element = getElementType(tensor.getElementType());
  if (!element)
    return createStringError(
        Twine(what) + " of '" + entry + "' is " + print(type) +
        ": the element types of a compiled function are i1, i8, i16, i32, "
        "i64, f16, bf16, f32 and f64");
  TensorSpec spec;
  spec.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  spec.type = *element;
  return spec;
}

static bool isEntry(FunctionOpInterface function) {
  return !function.isExternal() && function.isPublic();
}

Expected<Operation *> quantopt::findEntry(Operation *module, StringRef entry) {
  SmallVector<FunctionOpInterface> candidates;
  std::string names;
  for (auto function : module->getRegion(0).getOps<FunctionOpInterface>()) {
    if (!isEntry(function))
      continue;
    if (function.getName() == entry)
      return function.getOperation();
    candidates.push_back(function);
    names += (names.empty() ? "'" : ", '") + function.getName().str() + "'";
  }
  if (candidates.empty())
    return createStringError("the module has no public function with a body");
  if (!entry.empty())
    return createStringError("no public function '" + entry +
                             "' in the module: it has " + names);
  if (candidates.size() > 1)
    return createStringError("the module has several public functions: choose "
                             "one of " +
                             names + " as entry, or make the others private");
  return candidates.front().getOperation();
}

static std::string getArgumentName(FunctionOpInterface function, unsigned i) {
  if (auto name = function.getArgAttrOfType<StringAttr>(i, "qopt.name"))
    return name.str();
  if (auto named = dyn_cast<NameLoc>(function.getArgument(i).getLoc()))
    return named.getName().str();
  return {};
}

/// Gives every tensor a name of its own: its own one where it has one that is
/// not taken, else `prefix` and its number.
static void nameTensors(std::vector<TensorSpec> &tensors, StringRef prefix) {
  llvm::StringSet<> taken;
  for (auto [i, tensor] : llvm::enumerate(tensors)) {
    if (!tensor.name.empty() && taken.insert(tensor.name).second)
      continue;
    tensor.name = (prefix + Twine(i)).str();
    taken.insert(tensor.name);
  }
}

Expected<Signature> quantopt::readSignature(Operation *module,
                                            StringRef entry) {
  Expected<Operation *> found = findEntry(module, entry);
  if (!found)
    return found.takeError();
  auto function = cast<FunctionOpInterface>(*found);

  Signature signature;
  signature.entry = function.getName().str();
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    Expected<TensorSpec> input =
        readTensor(type, "argument " + Twine(i), signature.entry);
    if (!input)
      return input.takeError();
    input->name = getArgumentName(function, i);
    signature.inputs.push_back(std::move(*input));
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    Expected<TensorSpec> output =
        readTensor(type, "result " + Twine(i), signature.entry);
    if (!output)
      return output.takeError();
    if (auto name = dyn_cast_or_null<StringAttr>(
            function.getResultAttr(i, "qopt.name")))
      output->name = name.str();
    signature.outputs.push_back(std::move(*output));
  }
  nameTensors(signature.inputs, "input");
  nameTensors(signature.outputs, "output");
  return signature;
}
