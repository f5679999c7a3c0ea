//===- ConfigSchema.cpp - The keys of a configuration file ----------------===//

#include "ConfigSchema.h"

#include "quantopt/Support/Config.h"

#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

static constexpr SchemaKey kSchema[] = {
    {"", "version", "1", "", "Version of this format. Required."},
    {"", "scheme", "static, dynamic, weight-only", "static",
     "static: activations get their parameters from samples. dynamic: those of "
     "contractions get them from their values at each run, without samples; "
     "everything between contractions stays in float. weight-only: all "
     "computes in float, and the constant weights of contractions are stored "
     "in fewer bits."},
    {"", "dynamic", "", "", "What scheme: dynamic computes at each run."},
    {"dynamic", "granularity", "row, tensor", "row",
     "row: a scale for each index that the contraction does not sum over, such "
     "as each row of a matrix; tensor: one for all."},
    {"dynamic", "symmetric", "true, false", "true",
     "Zero point 0. Products of two activations are always symmetric."},
    {"", "weight-only", "", "", "What scheme: weight-only stores."},
    {"weight-only", "format", "int8, int4, float16, bfloat16", "int8",
     "Of the weights. int8 and int4 have a scale for each output channel or "
     "group."},
    {"weight-only", "group-size", "a whole number from 0 to 65536", "0",
     "So many weights share a scale, along the largest dimension that is "
     "summed over; the last group may have fewer. 0: all of an output "
     "channel. int8 and int4 only."},
    {"", "activations", "", "", "How the ranges of activations become int8."},
    {"activations", "bits", "8, 16", "8",
     "Bits of storage; 16 is symmetric, by min-max and a quarter more, with as "
     "many steps as the sums in 32 bits that read a value have room for."},
    {"activations", "symmetric", "true, false", "false",
     "Zero point 0 and a range that is as wide on both sides."},
    {"activations", "narrow-range", "true, false", "false",
     "Leaves the lowest integer of the storage out: -127 to 127, and -32767 "
     "to 32767, as weights always have it."},
    {"activations", "method",
     "auto, min-max, moving-average, percentile, entropy, entropy-ort, mse, "
     "octav",
     "auto",
     "How a range is chosen from the samples' values; auto takes the "
     "percentile, or mse where that is much less. moving-average is the mean "
     "of the samples' minima and maxima, entropy TensorRT's rule, entropy-ort "
     "ONNX Runtime's."},
    {"activations", "percentile", "a number over 50, up to 100", "99.999",
     "Percent of the values that stay inside the range, with method: "
     "percentile."},
    {"", "weights", "", "", "How constant weights become int8."},
    {"weights", "bits", "8, 7, 16", "8",
     "Bits of storage; 7 is -64 to 64, which is faster on x86 processors "
     "without VNNI; 16 is for contractions whose activations have 16, as many "
     "of them as a sum in 32 bits has room for, and 8 for the others."},
    {"weights", "granularity", "per-channel, per-tensor", "per-channel",
     "One scale for each output channel, or one for the whole weight."},
    {"weights", "method", "min-max, mse", "mse",
     "The largest magnitude, or the clipping with the least squared error."},
    {"weights", "bias-correction", "true, false", "true",
     "Biases take back what rounding the weights shifts on average, by the "
     "means "
     "that calibration saw."},
    {"", "embeddings", "int8, float", "int8",
     "Constants of which the data choose rows, as tokens do: int8 stores them "
     "with a scale for each row, whatever the scheme; with scheme: weight-only "
     "and format: float16 or bfloat16 in that."},
    {"", "input-bits", "auto, 8, 16", "auto",
     "Bits of the model's inputs. auto: 8, and 16 where most values of an "
     "input would share fewer than 16 steps of 8 bits; only the first layer "
     "gets slower."},
    {"", "wide-products", "a number from 0 to 100", "2",
     "Percent of the model's products that may take activations of 16 bits, "
     "where they help most; 0 keeps every activation but the inputs in 8."},
    {"", "max-loss", "a number from 0 to 1000", "12",
     "dB that the other readers of a value may lose by the range of all that "
     "it is joined with, as by a concat; a value that would lose more keeps "
     "parameters of its own and is rounded once more where it is joined."},
    {"", "non-finite", "error, ignore", "error",
     "What to do with samples that give a NaN or an infinity: refuse them, or "
     "count "
     "them and leave them out."},
    {"", "require-int8", "true, false", "false",
     "Makes an operation that stays in float an error instead of a remark."},
    {"", "overrides", "", "",
     "A list; each entry changes the settings of the values that it matches. "
     "The more specific entry wins: one that spells a name or location over "
     "one "
     "that describes it, then one with more conditions. Two that are as "
     "specific "
     "and differ for a value are an error, and so is an entry that matches "
     "nothing, or changes nothing of what it matches."},
    {"overrides[]", "match", "", "",
     "What the entry is for; all keys that are given must match. Required."},
    {"overrides[].match", "name", "a regular expression", "",
     "Matches the whole name of a value (POSIX extended syntax)."},
    {"overrides[].match", "op", "the name of an operation", "",
     "Matches values made by this operation, such as linalg.matmul."},
    {"overrides[].match", "location", "a regular expression", "",
     "Matches the whole 'file:line:column' of a value, as remarks print it."},
    {"overrides[]", "activations", "", "",
     "The keys of activations, for the matched values only."},
    {"overrides[]", "scheme", "static, dynamic, weight-only", "",
     "The scheme of the contractions that make the matched values."},
    {"overrides[]", "dynamic", "", "",
     "The keys of dynamic, for these contractions only."},
    {"overrides[]", "weight-only", "", "",
     "The keys of weight-only, for these contractions only."},
    {"overrides[]", "keep", "float", "", "Leaves the matched values in float."},
};

ArrayRef<SchemaKey> quantopt::configSchema() { return kSchema; }

/// Levels of nesting of a section: "overrides[].match" is two.
static unsigned depthOf(StringRef section) {
  return section.empty() ? 0 : 1 + section.count('.');
}

void Config::printSchema(raw_ostream &os) {
  os << "# quant-opt configuration, YAML. A key that is left out has its "
        "default.\n";
  bool startsEntry = false;
  for (const SchemaKey &key : configSchema()) {
    // Two columns a level, and "- " in front of the first key of a list's
    // entry.
    const bool inList = key.section.starts_with("overrides[]");
    std::string indent(2 * depthOf(key.section) + (inList ? 2 : 0), ' ');
    std::string comment = indent;
    if (startsEntry) {
      indent.replace(indent.size() - 2, 2, "- ");
      startsEntry = false;
    }
    os << '\n' << comment << "# " << key.doc << '\n';
    if (!key.allowed.empty()) {
      os << comment << "# Allowed: " << key.allowed;
      if (!key.byDefault.empty())
        os << ". Default: " << key.byDefault;
      os << '\n';
    }
    os << indent << key.key << ':';
    if (!key.byDefault.empty())
      os << ' ' << key.byDefault;
    else if (key.key == "version" || key.key == "keep")
      os << ' ' << key.allowed;
    else if (key.key == "name")
      os << " 'conv1.*'";
    else if (key.key == "location")
      os << " '.*/model.mlir:27:.*'";
    else if (key.key == "op")
      os << " linalg.matmul";
    else if (key.section == "overrides[]" && key.key == "activations")
      os << " {method: percentile}";
    else if (key.section == "overrides[]" && key.key == "scheme")
      os << " dynamic";
    else if (key.section == "overrides[]" && key.key == "dynamic")
      os << " {granularity: tensor}";
    else if (key.section == "overrides[]" && key.key == "weight-only")
      os << " {group-size: 64}";
    os << '\n';
    startsEntry = key.key == "overrides";
  }
}
