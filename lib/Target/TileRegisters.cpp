//===- TileRegisters.cpp - Permission to use AMX's tiles ------------------===//

#include "TileRegisters.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

/// The system call and its arguments, from Linux's asm/unistd_64.h,
/// asm/prctl.h and asm/fpu/types.h.
static constexpr uint64_t kArchPrctl = 158, kRequestPermission = 0x1023,
                          kTileData = 18;

void quantopt::addTileRegisterRequest(Module &module) {
  if (!module.getTargetTriple().isOSLinux() ||
      !module.getFunction("llvm.x86.ldtilecfg"))
    return;
  LLVMContext &context = module.getContext();
  auto *request = Function::Create(
      FunctionType::get(Type::getVoidTy(context), /*isVarArg=*/false),
      GlobalValue::InternalLinkage, "qopt_request_tile_registers", module);
  IRBuilder<> builder(BasicBlock::Create(context, "", request));
  Type *word = builder.getInt64Ty();
  auto *call = InlineAsm::get(
      FunctionType::get(word, {word, word, word}, /*isVarArg=*/false),
      "syscall", "={ax},{ax},{di},{si},~{rcx},~{r11},~{memory}",
      /*hasSideEffects=*/true);
  builder.CreateCall(call, {builder.getInt64(kArchPrctl),
                            builder.getInt64(kRequestPermission),
                            builder.getInt64(kTileData)});
  builder.CreateRetVoid();
  appendToGlobalCtors(module, request, /*Priority=*/0);
}
