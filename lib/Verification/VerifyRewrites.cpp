//===- VerifyRewrites.cpp - Checks what passes do to numbers --------------===//

#include "quantopt/Verification/VerifyRewrites.h"
#include "PatternNames.h"
#include "ReferenceForms.h"
#include "RewriteMatching.h"
#include "SliceCheck.h"
#include "quantopt/Support/ProgressBar.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/ADT/MapVector.h"

#include <map>

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// What was found in all passes of one run.
struct Findings {
  unsigned onAll = 0, onSamples = 0, unknown = 0, unbounded = 0, different = 0;
  /// How often which pass used its declared bound.
  llvm::MapVector<StringRef, unsigned> bounded;
  /// Why something was not checked: how often, and where first.
  std::map<std::string, std::pair<unsigned, Location>> reasons;

  unsigned getTotal() const {
    return onAll + onSamples + unknown + unbounded + different;
  }
  void addReason(const std::string &reason, Location loc) {
    reasons.try_emplace(reason, 0, loc).first->second.first++;
  }
};

/// The program before a pass.
struct Snapshot {
  OwningOpRef<ModuleOp> module;
  /// A pass inside of this one has been found wrong: that is enough.
  bool isBlamed = false;
};

class RewriteVerifier : public PassInstrumentation {
public:
  RewriteVerifier(VerifyRewritesOptions options,
                  std::shared_ptr<Findings> findings)
      : options(options), findings(std::move(findings)) {}

  void runBeforePass(Pass *pass, Operation *op) override;
  void runAfterPass(Pass *pass, Operation *op) override;
  void runAfterPassFailed(Pass *pass, Operation *op) override {
    snapshots.erase({pass, op});
  }

private:
  /// A claim that does not hold, so far.
  struct Failure {
    Claim claim;
    SliceVerdict verdict;
    RewriteSlice slice;
    Location loc;
    /// One value was replaced by the other for sure.
    bool isExact = false;
  };
  void checkFunction(Pass *pass, Operation *root, func::FuncOp before,
                     func::FuncOp after);
  std::optional<Failure> checkClaim(RewriteMatching &matching,
                                    const Claim &claim,
                                    const RewriteTolerance &tolerance,
                                    SliceVerdict &verdict);
  void count(Pass *pass, const SliceVerdict &verdict, Location loc,
             const std::optional<RewriteTolerance> &tolerance);
  void report(Pass *pass, Operation *root, const Failure &failure,
              const RewriteTolerance &tolerance);

  VerifyRewritesOptions options;
  std::shared_ptr<Findings> findings;
  std::map<std::pair<Pass *, Operation *>, Snapshot> snapshots;
};

/// Runs last: sums up, and fails if something differs.
struct RewriteVerdict : PassWrapper<RewriteVerdict, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RewriteVerdict)

  RewriteVerdict(std::shared_ptr<Findings> findings, bool summarize)
      : findings(std::move(findings)), summarize(summarize) {}
  StringRef getName() const override { return "RewriteVerdict"; }
  void runOnOperation() override;

  std::shared_ptr<Findings> findings;
  bool summarize;
};
} // namespace

/// Passes that only hold others.
static bool isAdaptor(Pass *pass) {
  return pass->getName().ends_with("OpToOpPassAdaptor") ||
         pass->getTypeID() == TypeID::get<RewriteVerdict>();
}

static std::string getName(Pass *pass) {
  return pass->getArgument().empty() ? pass->getName().str()
                                     : pass->getArgument().str();
}

//===----------------------------------------------------------------------===//
// Around a pass
//===----------------------------------------------------------------------===//

void RewriteVerifier::runBeforePass(Pass *pass, Operation *op) {
  if (isAdaptor(pass) || !isa<ModuleOp, func::FuncOp>(op))
    return;
  Snapshot &snapshot = snapshots[{pass, op}];
  // Other functions may be at work in other threads: a function is copied
  // alone.
  auto module =
      isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  if (isa<ModuleOp>(op)) {
    snapshot.module = cast<ModuleOp>(op->clone());
  } else {
    snapshot.module = ModuleOp::create(op->getLoc());
    if (module)
      (*snapshot.module)->setAttrs(module->getAttrDictionary());
    snapshot.module->push_back(op->clone());
  }
}

void RewriteVerifier::runAfterPass(Pass *pass, Operation *op) {
  auto it = snapshots.find({pass, op});
  if (it == snapshots.end())
    return;
  Snapshot snapshot = std::move(it->second);
  snapshots.erase(it);
  if (snapshot.isBlamed)
    return;
  unsigned differentBefore = findings->different;
  auto check = [&](func::FuncOp after) {
    auto before =
        snapshot.module->lookupSymbol<func::FuncOp>(after.getSymName());
    if (!before || before.isDeclaration() || after.isDeclaration())
      return;
    checkFunction(pass, op, before, after);
  };
  if (auto func = dyn_cast<func::FuncOp>(op))
    check(func);
  else
    for (auto func : cast<ModuleOp>(op).getOps<func::FuncOp>())
      check(func);
  if (findings->different != differentBefore)
    for (auto &[key, other] : snapshots)
      if (key.second == op || key.second->isAncestor(op))
        other.isBlamed = true;
}

//===----------------------------------------------------------------------===//
// One function
//===----------------------------------------------------------------------===//

void RewriteVerifier::checkFunction(Pass *pass, Operation *root,
                                    func::FuncOp before, func::FuncOp after) {
  if (before.getFunctionType() != after.getFunctionType() ||
      !llvm::hasSingleElement(before.getBody()) ||
      !llvm::hasSingleElement(after.getBody())) {
    if (OperationEquivalence::isEquivalentTo(
            before, after, OperationEquivalence::IgnoreLocations))
      return;
    ++findings->unknown;
    findings->addReason("'" + getName(pass) +
                            "' changed functions of another signature or with "
                            "control flow",
                        after.getLoc());
    return;
  }
  OperationPairs survivors = pairOperations(before, after);
  OperationPairs replacements = pairReplacements(before, after, survivors);

  std::optional<RewriteTolerance> declared =
      getRewriteTolerance(pass->getArgument());
  RewriteTolerance tolerance = declared.value_or(RewriteTolerance());
  // An operation that was changed in place need not claim what it seems to, and
  // a difference that the operations behind cannot see is none. So who claims
  // what does not hold is left out, and what follows has to claim.
  constexpr unsigned kRounds = 6;
  DenseSet<Operation *> ignored;
  DenseMap<Operation *, llvm::SmallSetVector<size_t, 2>> causes;
  DenseSet<std::pair<Value, Value>> pending;
  std::vector<Failure> failures;
  SmallVector<size_t> found;
  // What was found last of each claim.
  llvm::MapVector<std::pair<Value, Value>, std::pair<SliceVerdict, Location>>
      verdicts;
  for (unsigned round = 0; round < kRounds; ++round) {
    RewriteMatching matching(before, after, survivors, replacements, ignored);
    quantopt::ProgressBar progress("verifying " + getName(pass),
                                   matching.getClaims().size());
    llvm::SetVector<size_t> ends;
    DenseSet<Operation *> next;
    for (const Claim &claim : matching.getClaims()) {
      progress.advance();
      Operation *place = claim.before.getDefiningOp()
                             ? claim.before.getDefiningOp()
                             : claim.claimants.front();
      Location loc = place->getLoc();
      if (tolerance.unbounded) {
        ++findings->unbounded;
        continue;
      }
      // Which failures of earlier rounds reach this claim.
      llvm::SmallSetVector<size_t, 2> roots;
      for (Operation *op : matching.getRewritten(claim))
        if (auto it = causes.find(op); it != causes.end())
          roots.insert(it->second.begin(), it->second.end());
      // All others were checked in the first round.
      if (round > 0 && roots.empty() &&
          !pending.contains({claim.before, claim.after}))
        continue;
      SliceVerdict verdict;
      std::optional<Failure> failure =
          checkClaim(matching, claim, tolerance, verdict);
      // What was seen to differ counts until it is shown that it does not.
      bool isLost = verdict.kind == SliceVerdict::Unknown && !roots.empty();
      if (isLost)
        found.append(roots.begin(), roots.end());
      else
        verdicts.insert_or_assign({claim.before, claim.after},
                                  std::pair(verdict, loc));
      if (!failure)
        continue;
      failure->loc = loc;
      failure->isExact = !matching.isAlive(claim.before) && !claim.isGuess;
      // To blame are the earliest places where a value was replaced for sure.
      roots.remove_if([&](size_t root) { return !failures[root].isExact; });
      if (roots.empty())
        roots.insert(failures.size());
      failures.push_back(std::move(*failure));
      if (llvm::any_of(claim.claimants, [](Operation *op) {
            return op->hasTrait<OpTrait::IsTerminator>() || !isPure(op);
          })) {
        ends.insert(roots.begin(), roots.end());
        pending.insert({claim.before, claim.after});
        continue;
      }
      for (Operation *op : claim.claimants) {
        next.insert(op);
        causes[op].insert(roots.begin(), roots.end());
      }
    }
    if (next.empty() || round + 1 == kRounds) {
      found.append(ends.begin(), ends.end());
      for (Operation *op : next)
        found.append(causes[op].begin(), causes[op].end());
      break;
    }
    ignored.insert(next.begin(), next.end());
  }
  for (const auto &[claim, last] : verdicts)
    if (last.first.kind != SliceVerdict::Different)
      count(pass, last.first, last.second, declared);
  llvm::sort(found);
  found.erase(llvm::unique(found), found.end());
  for (size_t index : found)
    report(pass, root, failures[index], tolerance);
}

/// Compares the two sides, with all operations that others have defined in the
/// form that they have given them.
static SliceVerdict check(const RewriteSlice &slice,
                          const RewriteTolerance &tolerance, uint64_t budget,
                          ArrayRef<InputRange> ranges = {}) {
  OwningOpRef<ModuleOp> module = applyReferenceForms(*slice.module);
  return checkSlice(module->lookupSymbol<func::FuncOp>("before"),
                    module->lookupSymbol<func::FuncOp>("after"), tolerance,
                    budget, ranges);
}

static FailureOr<SmallVector<InputRange>> getReach(const RewriteSlice &slice,
                                                   uint64_t budget) {
  OwningOpRef<ModuleOp> module = applyReferenceForms(*slice.module);
  return getResultRanges(module->lookupSymbol<func::FuncOp>("reach"), budget);
}

/// The failure of a claim, or nothing and the verdict.
std::optional<RewriteVerifier::Failure>
RewriteVerifier::checkClaim(RewriteMatching &matching, const Claim &claim,
                            const RewriteTolerance &tolerance,
                            SliceVerdict &verdict) {
  RewriteSlice nearest = matching.extract(claim, /*growth=*/0);
  verdict = check(nearest, tolerance, options.budget);
  if (verdict.kind != SliceVerdict::Different)
    return std::nullopt;
  Failure failure{claim, verdict, {}, nearest.before.getLoc()};
  // Do the operations before ever make such inputs?
  bool canGrow = nearest.canGrow;
  constexpr unsigned kGrowth = 4;
  for (unsigned growth = 1; canGrow && growth <= kGrowth; ++growth) {
    RewriteSlice slice = matching.extract(claim, growth);
    canGrow = slice.canGrow;
    SliceVerdict wider = check(slice, tolerance, options.budget);
    if (wider.kind == SliceVerdict::Unknown)
      break;
    if (wider.isExhaustive && wider.kind == SliceVerdict::Equal) {
      verdict = wider;
      return std::nullopt;
    }
    if (wider.kind == SliceVerdict::Different) {
      // These inputs lead to a difference indeed.
      failure.verdict = wider;
      failure.slice = std::move(slice);
      if (wider.isExhaustive)
        return failure;
      continue;
    }
    // Samples may miss a rare tie; but all that lies in the range that they
    // reach is tried.
    FailureOr<SmallVector<InputRange>> ranges = getReach(slice, options.budget);
    if (failed(ranges))
      break;
    SliceVerdict within = check(nearest, tolerance, options.budget, *ranges);
    if (within.kind == SliceVerdict::Equal) {
      verdict = within;
      verdict.isExhaustive = false;
      return std::nullopt;
    }
    failure.verdict = within;
    failure.slice = {};
  }
  if (!failure.slice.module)
    failure.slice = std::move(nearest);
  return failure;
}

void RewriteVerifier::count(Pass *pass, const SliceVerdict &verdict,
                            Location loc,
                            const std::optional<RewriteTolerance> &tolerance) {
  if (verdict.kind == SliceVerdict::Unknown) {
    ++findings->unknown;
    findings->addReason("'" + getName(pass) + "': " + verdict.reason, loc);
    return;
  }
  ++(verdict.isExhaustive ? findings->onAll : findings->onSamples);
  if (tolerance)
    ++findings->bounded[pass->getArgument()];
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

/// A function as text, without the bytes of large constants.
static std::string print(func::FuncOp func) {
  std::string text;
  llvm::raw_string_ostream os(text);
  func->print(os, OpPrintingFlags().elideLargeElementsAttrs(8).useLocalScope());
  constexpr size_t kLines = 24;
  SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n');
  if (lines.size() <= kLines)
    return text;
  std::string shortened;
  for (StringRef line : ArrayRef(lines).take_front(kLines))
    (shortened += line) += "\n";
  return shortened + "  ...";
}

static void printBound(llvm::raw_ostream &os,
                       const RewriteTolerance &tolerance) {
  if (tolerance.steps > 0)
    os << " by more than the declared " << tolerance.steps << " steps";
  else if (tolerance.relative > 0)
    os << " by more than the declared " << tolerance.relative
       << " of the largest magnitude";
}

void RewriteVerifier::report(Pass *pass, Operation *root,
                             const Failure &failure,
                             const RewriteTolerance &tolerance) {
  ++findings->different;
  // To watch patterns is only possible where nothing else runs.
  auto module = root->getParentOfType<ModuleOp>();
  bool isAlone = isa<ModuleOp>(root) ||
                 !root->getContext()->isMultithreadingEnabled() ||
                 (module && llvm::hasSingleElement(module.getOps()));
  SmallVector<std::string> patterns;
  if (isAlone)
    patterns =
        findPatterns(*pass, failure.slice.before, isa<func::FuncOp>(root));
  const SliceVerdict &verdict = failure.verdict;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "'" << getName(pass) << "' changes numbers";
  if (!patterns.empty()) {
    os << " by the pattern" << (patterns.size() > 1 ? "s " : " ");
    llvm::interleaveComma(patterns, os);
  }
  os << ": " << verdict.different << " of " << verdict.compared << " results";
  if (!verdict.isExhaustive)
    os << " on boundary and random inputs";
  os << (verdict.different == 1 ? " differs" : " differ");
  printBound(os, tolerance);
  InFlightDiagnostic diagnostic = emitError(failure.loc) << text;
  std::string example;
  llvm::raw_string_ostream example_os(example);
  example_os << "first counterexample: " << verdict.inputs;
  if (verdict.inputs.empty())
    example_os << "no inputs";
  example_os << ": ";
  if (!verdict.element.empty())
    example_os << "element " << verdict.element << " is ";
  example_os << verdict.resultBefore << " before and " << verdict.resultAfter
             << " after";
  if (verdict.isUndefined)
    example_os << ": the conversion to an integer is undefined there";
  diagnostic.attachNote() << example;
  diagnostic.attachNote() << "before:\n" << print(failure.slice.before);
  diagnostic.attachNote() << "after:\n" << print(failure.slice.after);
  diagnostic.attachNote() << "a pass that may change numbers says by how much: "
                             "declareRewriteTolerance(\""
                          << pass->getArgument()
                          << "\", ...), docs/VerifyRewrites.md";
}

void RewriteVerdict::runOnOperation() {
  markAllAnalysesPreserved();
  if (findings->different)
    signalPassFailure();
  if (!summarize)
    return;
  InFlightDiagnostic remark = emitRemark(getOperation()->getLoc());
  remark << "verified " << findings->getTotal()
         << " rewrites: " << findings->onAll << " on all inputs, "
         << findings->onSamples << " on boundary and random inputs, "
         << findings->unbounded << " of passes without a bound, "
         << findings->unknown << " could not be checked, "
         << findings->different << " changed numbers";
  for (auto [pass, uses] : findings->bounded)
    remark.attachNote() << uses << " of '" << pass
                        << "' within the bound that it declares: "
                        << getRewriteTolerance(pass)->why;
  for (auto &[reason, where] : findings->reasons)
    remark.attachNote(where.second)
        << where.first << " not checked: " << reason;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

LogicalResult mlir::qopt::addVerifiedPasses(
    PassManager &pm, function_ref<LogicalResult(PassManager &)> addPasses,
    const VerifyRewritesOptions &options) {
  auto findings = std::make_shared<Findings>();
  pm.addInstrumentation(std::make_unique<RewriteVerifier>(options, findings));
  if (failed(addPasses(pm)))
    return failure();
  pm.addPass(std::make_unique<RewriteVerdict>(findings, options.summarize));
  return success();
}

void mlir::qopt::verifyRewrites(MlirOptMainConfig &config,
                                const VerifyRewritesOptions &options) {
  config.setPassPipelineSetupFn(
      [inner = config, options](PassManager &pm) -> LogicalResult {
        return addVerifiedPasses(
            pm, [&](PassManager &pm) { return inner.setupPassPipeline(pm); },
            options);
      });
}
