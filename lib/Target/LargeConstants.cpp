//===- LargeConstants.cpp - Constants that LLVM never sees ----------------===//

#include "LargeConstants.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ELFTypes.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantopt;

/// From here on it pays off. Smaller tables may fold into the code.
static constexpr size_t kLeastBytes = 16 << 10;

//===----------------------------------------------------------------------===//
// Before and after the translation
//===----------------------------------------------------------------------===//

/// The bytes of a constant that has all its elements in memory.
static std::optional<ArrayRef<char>> getBytes(mlir::Attribute value) {
  auto elements = dyn_cast_or_null<mlir::ElementsAttr>(value);
  if (!elements || !elements.getElementType().isIntOrFloat())
    return std::nullopt;
  ArrayRef<char> bytes;
  if (auto dense = dyn_cast<mlir::DenseElementsAttr>(elements))
    bytes = dense.getRawData();
  else if (auto resource = dyn_cast<mlir::DenseResourceElementsAttr>(elements))
    if (mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  uint64_t bits = elements.getElementType().getIntOrFloatBitWidth();
  if (bits % 8 != 0 || bytes.size() != bits / 8 * elements.getNumElements())
    return std::nullopt;
  return bytes;
}

std::vector<LargeConstant> quantopt::takeLargeConstants(mlir::Operation *module,
                                                        const Triple &triple) {
  std::vector<LargeConstant> constants;
  if (!triple.isOSBinFormatELF() || !triple.isArch64Bit() ||
      !triple.isLittleEndian())
    return constants;
  for (auto global :
       cast<mlir::ModuleOp>(module).getOps<mlir::LLVM::GlobalOp>()) {
    mlir::LLVM::Linkage linkage = global.getLinkage();
    std::optional<ArrayRef<char>> bytes = getBytes(global.getValueOrNull());
    if (!global.getConstant() || !bytes || bytes->size() < kLeastBytes ||
        (linkage != mlir::LLVM::Linkage::Private &&
         linkage != mlir::LLVM::Linkage::Internal))
      continue;
    uint64_t alignment = global.getAlignment().value_or(64);
    constants.push_back({global.getSymName().str(), *bytes, alignment,
                         global.getValueOrNull()});
    global.removeValueAttr();
    global.setAlignment(alignment);
    // Not hidden: code reaches it through the global offset table, so that it
    // may lie anywhere. Linkers make that a direct access where it is near.
    global.setLinkage(mlir::LLVM::Linkage::External);
  }
  return constants;
}

void quantopt::nameConstants(TranslatedModule &translated) {
  Module &module = *translated.module;
  auto entry = find_if(module, [](const Function &function) {
    return !function.isDeclaration() && function.hasExternalLinkage();
  });
  if (entry == module.end())
    return;
  for (LargeConstant &constant : translated.constants)
    if (GlobalVariable *global = module.getNamedGlobal(constant.symbol)) {
      global->setName(entry->getName() + "." + constant.symbol);
      constant.symbol = global->getName().str();
    }
}

/// `bytes` as a constant of `type`, arrays of arrays of numbers.
static Constant *makeConstant(Type *type, StringRef bytes) {
  auto *array = cast<ArrayType>(type);
  uint64_t count = array->getNumElements();
  if (!array->getElementType()->isArrayTy())
    return ConstantDataArray::getRaw(bytes, count, array->getElementType());
  std::vector<Constant *> elements;
  for (uint64_t i = 0; i < count; ++i)
    elements.push_back(makeConstant(
        array->getElementType(),
        bytes.substr(bytes.size() / count * i, bytes.size() / count)));
  return ConstantArray::get(array, elements);
}

void quantopt::defineConstants(TranslatedModule &translated) {
  for (const LargeConstant &constant : translated.constants) {
    GlobalVariable *global = translated.module->getNamedGlobal(constant.symbol);
    if (!global)
      continue;
    global->setInitializer(
        makeConstant(global->getValueType(),
                     StringRef(constant.bytes.data(), constant.bytes.size())));
    global->setLinkage(GlobalValue::PrivateLinkage);
  }
  translated.constants.clear();
}

//===----------------------------------------------------------------------===//
// Behind the machine code
//===----------------------------------------------------------------------===//

namespace {
using ELFT = object::ELF64LE;
using Header = ELFT::Ehdr;
using Section = ELFT::Shdr;
using Symbol = ELFT::Sym;

/// An object file in memory: checked accesses to what lies in it.
class ObjectView {
public:
  explicit ObjectView(MutableArrayRef<char> bytes) : bytes(bytes) {}

  /// `count` of T at `offset`; empty where the file is shorter.
  template <typename T>
  MutableArrayRef<T> get(uint64_t offset, uint64_t count) {
    if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(T))
      return {};
    return {reinterpret_cast<T *>(bytes.data() + offset), size_t(count)};
  }

private:
  MutableArrayRef<char> bytes;
};
} // namespace

static Error cannotRead() {
  return createStringError("the back end wrote an object file of a form that "
                           "constants cannot be appended to");
}

/// Fills up to `alignment` and returns the place that follows.
static uint64_t pad(EmittedFile &file, uint64_t offset, uint64_t alignment) {
  static const char zeros[4096] = {};
  for (uint64_t left = alignTo(offset, alignment) - offset; left != 0;) {
    uint64_t some = std::min<uint64_t>(left, sizeof(zeros));
    file.middle.push_back(StringRef(zeros, some));
    left -= some;
  }
  return alignTo(offset, alignment);
}

Error quantopt::appendConstants(EmittedFile &file,
                                ArrayRef<LargeConstant> constants) {
  // Nothing was taken out, be the file of this form or of another.
  if (constants.empty())
    return Error::success();
  StringMap<const LargeConstant *> named;
  for (const LargeConstant &constant : constants)
    named[constant.symbol] = &constant;

  ObjectView view(file.head);
  MutableArrayRef<Header> header = view.get<Header>(0, 1);
  if (header.empty() || !header[0].checkMagic() ||
      header[0].e_shentsize != sizeof(Section) || header[0].e_shnum == 0)
    return cannotRead();
  MutableArrayRef<Section> sections =
      view.get<Section>(header[0].e_shoff, header[0].e_shnum);
  if (header[0].e_shstrndx >= sections.size() ||
      sections.size() + 1 >= ELF::SHN_LORESERVE)
    return cannotRead();

  // The constants that the code refers to lie behind all that is there now.
  uint64_t end = file.head.size(), alignment = 1, first = 0;
  bool isFirst = true;
  for (Section &section : sections) {
    if (section.sh_type != ELF::SHT_SYMTAB)
      continue;
    if (section.sh_link >= sections.size())
      return cannotRead();
    const Section &strings = sections[section.sh_link];
    MutableArrayRef<char> text =
        view.get<char>(strings.sh_offset, strings.sh_size);
    for (Symbol &symbol : view.get<Symbol>(section.sh_offset,
                                           section.sh_size / sizeof(Symbol))) {
      if (symbol.st_shndx != ELF::SHN_UNDEF || symbol.st_name >= text.size())
        continue;
      StringRef name =
          StringRef(text.data(), text.size()).drop_front(symbol.st_name);
      auto it = named.find(name.take_until([](char c) { return c == 0; }));
      if (it == named.end())
        continue;
      const LargeConstant &constant = *it->second;
      end = pad(file, end, constant.alignment);
      alignment = std::max(alignment, constant.alignment);
      if (isFirst)
        first = end;
      isFirst = false;
      symbol.st_shndx = sections.size();
      symbol.st_value = end - first;
      symbol.st_size = constant.bytes.size();
      symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
      symbol.setVisibility(ELF::STV_HIDDEN);
      file.middle.push_back(
          StringRef(constant.bytes.data(), constant.bytes.size()));
      end += constant.bytes.size();
    }
  }
  if (isFirst)
    return Error::success();

  // One section more: the names and the table of sections move to the end.
  const Section &names = sections[header[0].e_shstrndx];
  MutableArrayRef<char> text = view.get<char>(names.sh_offset, names.sh_size);
  std::vector<Section> table(sections.begin(), sections.end());
  Section data;
  std::memset(&data, 0, sizeof(data));
  data.sh_name = text.size();
  data.sh_type = ELF::SHT_PROGBITS;
  data.sh_flags = ELF::SHF_ALLOC;
  data.sh_offset = first;
  data.sh_size = end - first;
  data.sh_addralign = alignment;
  table.push_back(data);

  constexpr StringLiteral kName = ".rodata.quantopt";
  file.tail.append(text.begin(), text.end());
  file.tail.append(kName.begin(), kName.end());
  file.tail.push_back('\0');
  Section &moved = table[header[0].e_shstrndx];
  moved.sh_offset = end;
  moved.sh_size = file.tail.size();
  while ((end + file.tail.size()) % alignof(uint64_t) != 0)
    file.tail.push_back('\0');
  header[0].e_shoff = end + file.tail.size();
  header[0].e_shnum = table.size();
  const char *bytes = reinterpret_cast<const char *>(table.data());
  file.tail.append(bytes, bytes + table.size() * sizeof(Section));
  return Error::success();
}
