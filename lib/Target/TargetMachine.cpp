//===- TargetMachine.cpp - Choose and check the machine -------------------===//

#include "quantopt/Target/CodeGen.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace llvm;
using namespace quantopt;

static void initializeBackEnds() {
  static const bool done = [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
    InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

static Error checkProcessor(const MCSubtargetInfo &known, StringRef cpu,
                            const Triple &triple) {
  if (cpu.empty() || known.isCPUStringValid(cpu))
    return Error::success();
  return createStringError(
      "unknown processor '" + cpu + "' for " + triple.str() +
      ": 'llc-22 -march=" + triple.getArchName() + " -mcpu=help' lists them");
}

static Error checkFeatures(const MCSubtargetInfo &known, StringRef features,
                           const Triple &triple) {
  for (StringRef feature : llvm::split(features, ',')) {
    if (feature.empty())
      continue;
    if (!SubtargetFeatures::hasFlag(feature))
      return createStringError("feature '" + feature +
                               "' needs a + or - before it");
    StringRef name = SubtargetFeatures::StripFlag(feature);
    if (none_of(known.getAllProcessorFeatures(),
                [&](const SubtargetFeatureKV &kv) { return name == kv.Key; }))
      return createStringError("unknown feature '" + name + "' for " +
                               triple.str());
  }
  return Error::success();
}

Expected<std::unique_ptr<TargetMachine>>
quantopt::createTargetMachine(const CodeGenTarget &target) {
  initializeBackEnds();
  Triple host(sys::getProcessTriple());
  Triple triple =
      target.triple.empty() ? host : Triple(Triple::normalize(target.triple));
  std::string reason;
  const Target *backEnd = TargetRegistry::lookupTarget(triple, reason);
  if (!backEnd)
    return createStringError("no back end for triple '" + target.triple +
                             "': " + reason);

  // "native" of another architecture is that architecture's baseline.
  std::string cpu = target.cpu;
  SubtargetFeatures features;
  if (cpu == "native" || cpu.empty()) {
    if (triple.getArch() == host.getArch()) {
      cpu = sys::getHostCPUName().str();
      for (const auto &feature : sys::getHostCPUFeatures())
        features.AddFeature(feature.first(), feature.second);
    } else {
      cpu = "generic";
    }
  }
  std::unique_ptr<MCSubtargetInfo> known(
      backEnd->createMCSubtargetInfo(triple, "", ""));
  if (Error error = checkProcessor(*known, cpu, triple))
    return error;
  if (Error error = checkFeatures(*known, target.features, triple))
    return error;
  for (StringRef feature : llvm::split(target.features, ','))
    if (!feature.empty())
      features.AddFeature(feature);

  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Standard;
  std::unique_ptr<TargetMachine> machine(backEnd->createTargetMachine(
      triple, cpu, features.getString(), options, Reloc::PIC_, std::nullopt,
      CodeGenOptLevel::Aggressive));
  if (!machine)
    return createStringError("the back end of " + triple.str() +
                             " cannot generate code");
  // The x87 unit keeps more digits than an f32 has, so results would differ
  // from those of other targets; nor do LLVM's vectors compile for it.
  if (triple.getArch() == Triple::x86 &&
      !machine->getMCSubtargetInfo()->checkFeatures("+sse2"))
    return createStringError("processor '" + cpu + "' for " + triple.str() +
                             " has no SSE2, which floats need; choose one that "
                             "has, such as pentium4");
  return machine;
}
