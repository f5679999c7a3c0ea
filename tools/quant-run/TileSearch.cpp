//===- TileSearch.cpp - Measure tiles, keep the fastest -------------------===//

#include "TileSearch.h"

#include "quantopt/Support/OutputFiles.h"
#include "quantopt/Support/ProgressBar.h"
#include "quantopt/Support/TileTable.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

namespace {
/// What was measured of one contraction.
struct Contraction {
  TileChoice first, best;
  double firstNs = 0, bestNs = 0; ///< of one call
  int64_t calls = 0;              ///< in one run of the model
  std::string place;
};

/// By target and contraction.
using Contractions = std::map<std::pair<std::string, std::string>, Contraction>;
} // namespace

/// A candidate takes the place of the model's own only where it gains so much:
/// less may be noise.
static constexpr double kGain = 0.97;
/// And the whole model has to gain so much.
static constexpr double kWholeGain = 0.99;
/// Each candidate is measured in so many rounds; the least time counts.
static constexpr unsigned kRounds = 2;

/// Notes the times of one candidate of every contraction. Returns how many
/// candidates the one with most has.
static int64_t note(const Profile &profile, Contractions &found) {
  int64_t most = 0;
  for (auto &item : found)
    item.second.calls = 0;
  for (const Profile::Line &line : profile.lines) {
    const ProfiledKernel &kernel = line.kernel;
    std::optional<TileChoice> choice = TileChoice::parse(kernel.tile);
    if (!choice || line.calls == 0)
      continue;
    most = std::max(most, kernel.candidates);
    double ns = line.ns / static_cast<double>(line.calls);
    auto [it, isNew] =
        found.try_emplace({kernel.target, kernel.contraction}, Contraction());
    Contraction &contraction = it->second;
    if (isNew)
      contraction = {*choice, *choice, ns, ns, 0, kernel.location};
    contraction.calls += line.calls;
    if (contraction.first == *choice)
      contraction.firstNs = std::min(contraction.firstNs, ns);
    if (contraction.best == *choice || ns < contraction.bestNs) {
      contraction.bestNs = std::min(contraction.bestNs, ns);
      contraction.best = *choice;
    }
  }
  return most;
}

static Error write(const TileTable &table, StringRef path) {
  std::string text = table.str();
  OutputFiles files;
  files.add(path, text);
  return files.write();
}

/// `old` with what was found.
static Error write(const Contractions &found, const TileTable &old,
                   StringRef path) {
  TileTable table = old;
  for (const auto &[key, contraction] : found) {
    bool gains = contraction.bestNs < kGain * contraction.firstNs;
    table.set(key.first, key.second,
              {gains ? contraction.best : contraction.first,
               gains ? contraction.bestNs : contraction.firstNs});
  }
  return write(table, path);
}

static void report(const Contractions &found, StringRef path) {
  double before = 0, after = 0;
  outs() << "        us  estimated fastest        us  measured fastest   "
            "contraction\n";
  for (const auto &[key, contraction] : found) {
    bool gains = contraction.bestNs < kGain * contraction.firstNs;
    double ns = gains ? contraction.bestNs : contraction.firstNs;
    before += contraction.firstNs * static_cast<double>(contraction.calls);
    after += ns * static_cast<double>(contraction.calls);
    outs() << format("%10.3f  %-17s %10.3f  %-17s  ",
                     contraction.firstNs / 1000,
                     contraction.first.str().c_str(), ns / 1000,
                     gains ? contraction.best.str().c_str() : "the same")
           << key.second << ", " << contraction.place << "\n";
  }
  outs() << format("%10.3f  %-17s %10.3f  in all; written to ", before / 1000,
                   "", after / 1000)
         << path << "\n";
}

/// The least latency of the model with the estimated tiles and with those of
/// the table, in microseconds.
static Expected<std::pair<double, double>>
compareWhole(CompileCandidate compile, SampleFeeder &feeder, StringRef path) {
  double least[] = {std::numeric_limits<double>::infinity(),
                    std::numeric_limits<double>::infinity()};
  for (unsigned round = 0; round < kRounds; ++round)
    for (StringRef table : {StringRef(), path}) {
      Expected<std::unique_ptr<CompiledModel>> model = compile(0, table);
      if (!model)
        return model.takeError();
      OutputBuffers outputs((*model)->getSignature());
      double &own = least[table.empty() ? 0 : 1];
      own = std::min(
          own, benchmark(**model, feeder.getInputs(), outputs).minMicroseconds);
    }
  return std::pair(least[0], least[1]);
}

Error quantopt::searchTiles(CompileCandidate compile, SampleFeeder &feeder,
                            StringRef path) {
  TileTable old;
  if (sys::fs::exists(path)) {
    Expected<TileTable> table = TileTable::read(path);
    if (!table)
      return table.takeError();
    old = std::move(*table);
  }
  Expected<bool> more = feeder.next();
  if (!more)
    return more.takeError();
  if (!*more)
    return createStringError("--search-tiles: there is no sample to run");

  Contractions found;
  int64_t candidates = 1;
  std::optional<ProgressBar> progress;
  for (unsigned round = 0; round < kRounds; ++round)
    for (int64_t candidate = 0; candidate < candidates; ++candidate) {
      Expected<std::unique_ptr<CompiledModel>> model =
          compile(static_cast<unsigned>(candidate), StringRef());
      if (!model)
        return model.takeError();
      OutputBuffers outputs((*model)->getSignature());
      candidates =
          std::max(candidates,
                   note(profile(**model, feeder.getInputs(), outputs), found));
      if (!progress)
        progress.emplace("measuring tiles", kRounds * candidates);
      progress->advance();
      if (Error error = write(found, old, path))
        return error;
    }
  progress.reset();
  if (std::string ignored = feeder.describeNonFinite(); !ignored.empty())
    WithColor::warning(errs(), "quant-run") << ignored << "\n";
  if (found.empty())
    return createStringError("--search-tiles: the model has no contraction "
                             "that tiles could be chosen for");
  report(found, path);
  Expected<std::pair<double, double>> whole =
      compareWhole(compile, feeder, path);
  if (!whole)
    return whole.takeError();
  outs() << format("the whole model: estimated %.2f us, measured %.2f us",
                   whole->first, whole->second);
  if (whole->second <= kWholeGain * whole->first) {
    outs() << "\n";
    return Error::success();
  }
  outs() << ": nothing gained, the estimated tiles stay\n";
  // Not those that another model measured.
  for (const auto &[key, contraction] : found)
    if (!old.find(key.first, key.second))
      old.set(key.first, key.second, {contraction.first, contraction.firstNs});
  return write(old, path);
}
