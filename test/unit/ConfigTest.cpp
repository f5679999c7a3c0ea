//===- ConfigTest.cpp - Settings, their errors and their documentation ----===//

#include "quantopt/Support/Config.h"

#include "TestFiles.h"

using namespace quantopt;
using namespace quantopt::test;

namespace {

using ConfigTest = FileTest;

Config parseGood(llvm::StringRef text) {
  auto config = Config::parse(text, "c.yaml");
  EXPECT_TRUE(bool(config));
  if (!config) {
    ADD_FAILURE() << llvm::toString(config.takeError());
    return Config();
  }
  return *config;
}

std::string problemOf(llvm::StringRef text) {
  return errorOf(Config::parse(text, "c.yaml"));
}

TEST_F(ConfigTest, Defaults) {
  const Config c = parseGood("version: 1\n");
  EXPECT_EQ(c.activations.bits, 8);
  EXPECT_FALSE(c.activations.symmetric);
  EXPECT_FALSE(c.activations.narrowRange);
  EXPECT_EQ(c.activations.method, ActivationMethod::Auto);
  EXPECT_EQ(c.activations.percentile, 99.999);
  EXPECT_EQ(c.weights.bits, 8);
  EXPECT_EQ(c.weights.granularity, WeightGranularity::PerChannel);
  EXPECT_EQ(c.weights.method, WeightMethod::Mse);
  EXPECT_EQ(c.nonFinite, NonFinitePolicy::Error);
  EXPECT_FALSE(c.requireInt8);
  EXPECT_EQ(c.inputBits, InputBits::Auto);
  EXPECT_EQ(c.wideProducts, 2.0);
  EXPECT_EQ(c.maxLoss, 12.0);
  EXPECT_EQ(c.scheme, QuantScheme::Static);
  EXPECT_EQ(c.dynamic.granularity, DynamicGranularity::Row);
  EXPECT_TRUE(c.dynamic.symmetric);
  EXPECT_TRUE(c.overrides.empty());
}

TEST_F(ConfigTest, EveryKey) {
  const std::string path = writeFile("c.yaml", R"(# a comment
version: 1
activations: {bits: 8, symmetric: true, method: percentile, percentile: 99.9}
weights:
  bits: 8
  granularity: per-tensor
  method: min-max
non-finite: ignore
require-int8: true
input-bits: 16
wide-products: 5
max-loss: 6.5
overrides:
  - match: {name: 'conv[0-9]+', op: linalg.conv_2d_nchw_fchw}
    activations: {bits: 8, symmetric: false, method: entropy, percentile: 99}
  - match: {op: math.exp}
    keep: float
)");
  auto loaded = Config::load(path);
  ASSERT_TRUE(bool(loaded)) << errorOf(std::move(loaded));
  Config &c = *loaded;
  EXPECT_TRUE(c.activations.symmetric);
  EXPECT_EQ(c.activations.method, ActivationMethod::Percentile);
  EXPECT_EQ(c.activations.percentile, 99.9);
  EXPECT_EQ(c.weights.granularity, WeightGranularity::PerTensor);
  EXPECT_EQ(c.weights.method, WeightMethod::MinMax);
  EXPECT_EQ(c.nonFinite, NonFinitePolicy::Ignore);
  EXPECT_TRUE(c.requireInt8);
  EXPECT_EQ(c.inputBits, InputBits::Sixteen);
  EXPECT_EQ(c.wideProducts, 5.0);
  EXPECT_EQ(c.maxLoss, 6.5);
  ASSERT_EQ(c.overrides.size(), 2u);
  EXPECT_EQ(c.overrides[0].line, 14u);
  EXPECT_EQ(c.overrides[0].column, 5u);
  EXPECT_EQ(*c.overrides[0].method, ActivationMethod::Entropy);
  EXPECT_TRUE(c.overrides[1].keepFloat);
}

TEST_F(ConfigTest, Methods) {
  const std::pair<const char *, ActivationMethod> methods[] = {
      {"auto", ActivationMethod::Auto},
      {"min-max", ActivationMethod::MinMax},
      {"percentile", ActivationMethod::Percentile},
      {"moving-average", ActivationMethod::MovingAverage},
      {"entropy", ActivationMethod::Entropy},
      {"entropy-ort", ActivationMethod::EntropyOrt},
      {"octav", ActivationMethod::Octav},
      {"mse", ActivationMethod::Mse}};
  for (const auto &[word, method] : methods)
    EXPECT_EQ(
        parseGood(std::string("version: 1\nactivations:\n  method: ") + word)
            .activations.method,
        method);
}

TEST_F(ConfigTest, NarrowRangeLeavesOutTheLowestInteger) {
  Config c = parseGood(R"(version: 1
activations: {narrow-range: true}
overrides:
  - match: {name: 'wide'}
    activations: {narrow-range: false}
  - match: {name: 'long'}
    activations: {bits: 16}
)");
  const ActivationSettings general = c.settingsFor({"x", "op", "m.mlir:1:2"});
  EXPECT_EQ(general.qmin(), -127);
  EXPECT_EQ(general.qmax(), 127);
  EXPECT_EQ(c.settingsFor({"wide", "op", "m.mlir:1:2"}).qmin(), -128);
  EXPECT_EQ(c.settingsFor({"long", "op", "m.mlir:1:2"}).qmin(), -32767);
  EXPECT_EQ(problemOf("version: 1\nactivations: {narrow-range: 1}\n"),
            "c.yaml:2:29: '1' is not a value of 'narrow-range'; allowed: true, "
            "false");
}

TEST_F(ConfigTest, TheMoreSpecificOverrideWins) {
  Config c = parseGood(R"(version: 1
activations: {method: mse}
overrides:
  - match: {name: 'conv.*'}
    activations: {method: entropy, percentile: 99}
  - match: {name: 'conv1', op: linalg.matmul}
    activations: {method: min-max}
  - match: {op: math.exp}
    keep: float
)");
  EXPECT_EQ(c.settingsFor({"other", "linalg.add", "m.mlir:1:2"}).method,
            ActivationMethod::Mse);
  const ActivationSettings first =
      c.settingsFor({"conv1", "linalg.conv", "m.mlir:1:2"});
  EXPECT_EQ(first.method, ActivationMethod::Entropy);
  EXPECT_EQ(first.percentile, 99);
  const ActivationSettings both =
      c.settingsFor({"conv1", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_EQ(both.method, ActivationMethod::MinMax);
  EXPECT_EQ(both.percentile, 99);
  // The whole name, not a part of it.
  EXPECT_EQ(c.settingsFor({"my conv1", "linalg.matmul", "m.mlir:1:2"}).method,
            ActivationMethod::Mse);
  EXPECT_TRUE(c.settingsFor({"x", "math.exp", "m.mlir:1:2"}).keepFloat);
  EXPECT_EQ(textOf(c.checkOverrides()), "");
}

TEST_F(ConfigTest, TheOrderOfOverridesDoesNotMatter) {
  Config c = parseGood(R"(version: 1
overrides:
  - match: {name: 'conv1'}
    activations: {percentile: 99}
  - match: {location: 'dir/m.mlir:1:2'}
    activations: {method: octav}
  - match: {name: 'conv.*', op: linalg.conv}
    activations: {percentile: 98, method: mse}
  - match: {location: '.*/m.mlir:[0-9]+:2', name: '.*', op: linalg.conv}
    activations: {percentile: 97}
  - match: {name: 'conv.*'}
    activations: {percentile: 96}
)");
  EXPECT_EQ(c.settingsFor({"conv1", "linalg.conv", "m:1:1"}).percentile, 99);
  EXPECT_EQ(c.settingsFor({"conv2", "linalg.conv", "m:1:1"}).percentile, 98);
  EXPECT_EQ(c.settingsFor({"conv2", "linalg.conv", "m:1:1"}).method,
            ActivationMethod::Mse);
  EXPECT_EQ(c.settingsFor({"conv2", "linalg.conv", "a/m.mlir:9:2"}).percentile,
            97);
  EXPECT_EQ(c.settingsFor({"conv2", "linalg.matmul", "m:1:1"}).percentile, 96);
  EXPECT_EQ(c.settingsFor({"conv2", "linalg.conv", "dir/m.mlir:1:2"}).method,
            ActivationMethod::Octav);
  EXPECT_EQ(textOf(c.checkOverrides()), "");
}

TEST_F(ConfigTest, ConflictsNameBothOverrides) {
  Config c = parseGood(R"(version: 1
overrides:
  - match: {name: 'a.*'}
    activations: {method: mse, percentile: 99}
  - match: {name: '.*b'}
    activations: {method: entropy, percentile: 99}
  - match: {op: linalg.conv}
    scheme: static
  - match: {op: linalg.conv}
    scheme: dynamic
  - match: {name: 'ab2'}
    activations: {method: octav}
  - match: {name: '.*b2'}
    activations: {method: min-max}
)");
  // Alone, under a more specific one, and where they agree they are none.
  EXPECT_EQ(c.settingsFor({"a", "x", "l"}).method, ActivationMethod::Mse);
  EXPECT_EQ(c.settingsFor({"b", "x", "l"}).method, ActivationMethod::Entropy);
  EXPECT_EQ(c.settingsFor({"ab2", "x", "l"}).method, ActivationMethod::Octav);
  EXPECT_EQ(textOf(c.checkConflicts()), "");
  EXPECT_EQ(c.settingsFor({"ab", "x", "l"}).percentile, 99);
  c.settingsFor({"axb", "x", "l"});
  c.operationSettingsFor({"c", "linalg.conv", "l"});
  const std::string both =
      "c.yaml:5:5: override with name '.*b' sets 'method' of 'ab', and the one "
      "with name 'a.*' at c.yaml:3:5 sets it otherwise; remove one, or match "
      "'ab' by its whole name\n"
      "c.yaml:9:5: override with op 'linalg.conv' sets 'scheme' of 'c', and "
      "the "
      "one with op 'linalg.conv' at c.yaml:7:5 sets it otherwise; remove one, "
      "or "
      "match 'c' by its whole name";
  EXPECT_EQ(textOf(c.checkConflicts()), both);
  EXPECT_EQ(textOf(c.checkOverrides()), both);
}

TEST_F(ConfigTest, OverridesThatMatchNothingAreErrorsAtTheirLines) {
  Config c = parseGood(R"(version: 1
overrides:
  - match: {name: used}
    keep: float
  - match: {name: conv9}
    keep: float
  - match: {name: a, op: math.exp}
    keep: float
)");
  c.settingsFor({"used", "linalg.add", "m.mlir:1:2"});
  EXPECT_EQ(
      textOf(c.checkOverrides()),
      "c.yaml:5:5: override with name 'conv9' matches no value of the model; "
      "remove it or correct the pattern\n"
      "c.yaml:7:5: override with name 'a' and op 'math.exp' matches no value "
      "of "
      "the model; remove it or correct the pattern");
}

TEST_F(ConfigTest, OverridesThatChangeNothingAreErrorsAtTheirLines) {
  Config c = parseGood(R"(version: 1
overrides:
  - match: {name: image}
    keep: float
  - match: {name: relu}
    dynamic: {granularity: tensor}
  - match: {name: pad}
    activations: {bits: 16}
    keep: float
  - match: {name: '.*'}
    keep: float
    scheme: static
    activations: {method: mse}
)");
  c.operationSettingsFor({"image", "input", "m:1:1", 0});
  c.settingsFor({"image", "input", "m:1:1", kActivationsPart});
  c.operationSettingsFor({"relu", "linalg.max", "m:2:1", kKeepPart});
  c.operationSettingsFor({"pad", "tensor.pad", "m:3:1", kKeepPart});
  c.operationSettingsFor(
      {"conv", "linalg.conv", "m:4:1", kKeepPart | kSchemePart});
  // The last one changes something of one of those that it matches.
  EXPECT_EQ(
      textOf(c.checkOverrides()),
      "c.yaml:3:5: override with name 'image' says 'keep: float', and no "
      "operation makes 'image', which it matches; match the operations that "
      "read it\n"
      "c.yaml:5:5: override with name 'relu' sets the scheme of 'relu', which "
      "is "
      "no contraction; match the contractions that are meant\n"
      "c.yaml:7:5: override with name 'pad' sets 'activations' of 'pad', whose "
      "parameters do not come from samples; match values that the calibration "
      "table has, or remove it");
}

TEST_F(ConfigTest, Schemes) {
  Config c = parseGood(R"(version: 1
scheme: dynamic
dynamic: {granularity: tensor, symmetric: false}
overrides:
  - match: {op: linalg.conv}
    scheme: static
  - match: {name: 'head.*'}
    dynamic: {granularity: row}
  - match: {name: 'head2'}
    dynamic: {symmetric: true}
    keep: float
)");
  OperationSettings general =
      c.operationSettingsFor({"x", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_EQ(general.scheme, QuantScheme::Dynamic);
  EXPECT_EQ(general.dynamic.granularity, DynamicGranularity::Tensor);
  EXPECT_FALSE(general.dynamic.symmetric);
  EXPECT_FALSE(general.keepFloat);
  EXPECT_EQ(c.operationSettingsFor({"x", "linalg.conv", "m.mlir:1:2"}).scheme,
            QuantScheme::Static);
  OperationSettings head =
      c.operationSettingsFor({"head1", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_EQ(head.dynamic.granularity, DynamicGranularity::Row);
  EXPECT_FALSE(head.dynamic.symmetric);
  OperationSettings second =
      c.operationSettingsFor({"head2", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_TRUE(second.dynamic.symmetric);
  EXPECT_TRUE(second.keepFloat);
  EXPECT_EQ(textOf(c.checkOverrides()), "");
}

TEST_F(ConfigTest, WeightOnly) {
  Config c = parseGood(R"(version: 1
scheme: weight-only
weight-only: {format: int8, group-size: 128}
overrides:
  - match: {name: 'head'}
    weight-only: {format: bfloat16, group-size: 0}
)");
  OperationSettings general =
      c.operationSettingsFor({"x", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_EQ(general.scheme, QuantScheme::WeightOnly);
  EXPECT_EQ(general.weightOnly.format, StoredFormat::Int8);
  EXPECT_EQ(general.weightOnly.groupSize, 128);
  OperationSettings head =
      c.operationSettingsFor({"head", "linalg.matmul", "m.mlir:1:2"});
  EXPECT_EQ(head.weightOnly.format, StoredFormat::BFloat16);
  EXPECT_EQ(head.weightOnly.groupSize, 0);
}

TEST_F(ConfigTest, BadWeightOnly) {
  EXPECT_EQ(
      problemOf("version: 1\nweight-only: {group-size: -1}\n"),
      "c.yaml:2:27: '-1' is not a value of 'group-size'; allowed: a whole "
      "number from 0 to 65536");
  EXPECT_EQ(problemOf("version: 1\nweight-only: {group-size: 1.5}\n"),
            "c.yaml:2:27: '1.5' is not a value of 'group-size'; allowed: a "
            "whole number from 0 to 65536");
  EXPECT_EQ(problemOf("version: 1\nweight-only: {format: int2}\n"),
            "c.yaml:2:23: 'int2' is not a value of 'format'; allowed: int8, "
            "int4, float16, bfloat16");
}

TEST_F(ConfigTest, BadSchemes) {
  EXPECT_EQ(problemOf("version: 1\nscheme: auto\n"),
            "c.yaml:2:9: 'auto' is not a value of 'scheme'; allowed: static, "
            "dynamic, weight-only");
  EXPECT_EQ(problemOf("version: 1\ndynamic: {per: row}\n"),
            "c.yaml:2:11: unknown key 'per' in 'dynamic'; allowed: "
            "granularity, symmetric");
  EXPECT_EQ(problemOf("version: 1\ndynamic: {granularity: column}\n"),
            "c.yaml:2:24: 'column' is not a value of 'granularity'; allowed: "
            "row, tensor");
  EXPECT_EQ(problemOf("version: 1\noverrides:\n  - match: {name: a}\n"
                      "    dynamic: {symmetric: 1}\n"),
            "c.yaml:4:26: '1' is not a value of 'symmetric'; allowed: true, "
            "false");
  EXPECT_EQ(problemOf("version: 1\noverrides:\n  - match: {name: a}\n"
                      "    scheme: float\n"),
            "c.yaml:4:13: 'float' is not a value of 'scheme'; allowed: static, "
            "dynamic, weight-only");
}

TEST_F(ConfigTest, RangeOptions) {
  ActivationSettings settings;
  settings.symmetric = true;
  settings.percentile = 99;
  const RangeOptions o = settings.rangeOptions(RangeMethod::Percentile);
  EXPECT_EQ(o.qmin, -128);
  EXPECT_EQ(o.qmax, 127);
  EXPECT_EQ(o.percentile, 99);
  EXPECT_TRUE(o.symmetric);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(ConfigTest, MissingFile) {
  EXPECT_EQ(errorOf(Config::load(pathOf("none.yaml"))),
            "cannot read configuration '" + pathOf("none.yaml") +
                "': No such file or directory");
}

TEST_F(ConfigTest, UnknownKeys) {
  EXPECT_EQ(problemOf("version: 1\nactivation:\n  bits: 8\n"),
            "c.yaml:2:1: unknown key 'activation'; allowed: version, scheme, "
            "dynamic, "
            "weight-only, activations, weights, embeddings, input-bits, "
            "wide-products, "
            "max-loss, non-finite, "
            "require-int8, overrides");
  EXPECT_EQ(problemOf("version: 1\nactivations:\n  bits: 8\n  colour: red\n"),
            "c.yaml:4:3: unknown key 'colour' in 'activations'; allowed: bits, "
            "symmetric, narrow-range, method, percentile");
  EXPECT_EQ(
      problemOf("version: 1\noverrides:\n  - match: {title: x}\n"),
      "c.yaml:3:13: unknown key 'title' in 'overrides[].match'; allowed: name, "
      "op, location");
}

TEST_F(ConfigTest, WrongValues) {
  EXPECT_EQ(problemOf("version: 1\nactivations:\n  method: magic\n"),
            "c.yaml:3:11: 'magic' is not a value of 'method'; allowed: auto, "
            "min-max, moving-average, percentile, entropy, entropy-ort, mse, "
            "octav");
  EXPECT_EQ(problemOf("version: 1\nactivations: {bits: 5}\n"),
            "c.yaml:2:21: '5' is not a value of 'bits'; allowed: 8, 16");
  EXPECT_EQ(problemOf("version: 1\nactivations: {percentile: 101}\n"),
            "c.yaml:2:27: '101' is not a value of 'percentile'; allowed: a "
            "number over "
            "50, up to 100");
  EXPECT_EQ(problemOf("version: 1\nactivations: {percentile: nan}\n"),
            "c.yaml:2:27: 'nan' is not a value of 'percentile'; allowed: a "
            "number over "
            "50, up to 100");
  for (const std::string value : {"-1", "1001", "nan", "much"})
    EXPECT_EQ(problemOf("version: 1\nmax-loss: " + value + "\n"),
              "c.yaml:2:11: '" + value +
                  "' is not a value of 'max-loss'; allowed: a number from 0 "
                  "to 1000");
  EXPECT_EQ(problemOf("version: 1\nrequire-int8: yes\n"),
            "c.yaml:2:15: 'yes' is not a value of 'require-int8'; allowed: "
            "true, false");
  EXPECT_EQ(
      problemOf("version: 1\nnon-finite: [error]\n"),
      "c.yaml:2:14: 'non-finite' must be one value; allowed: error, ignore");
  EXPECT_EQ(problemOf("version: 1\nweights: 8\n"),
            "c.yaml:2:10: 'weights' must be a mapping of keys to values");
  EXPECT_EQ(
      problemOf("version: 1\noverrides: {match: x}\n"),
      "c.yaml:2:13: 'overrides' must be a list of entries that begin with "
      "'- match:'");
}

TEST_F(ConfigTest, Version) {
  EXPECT_EQ(problemOf("version: 2\n"),
            "c.yaml:1:10: '2' is not a value of 'version'; allowed: 1");
  for (const char *text : {"", "# nothing\n", "activations: {bits: 8}\n"})
    EXPECT_EQ(problemOf(text),
              "c.yaml:1:1: 'version' is missing; add the line 'version: 1'");
}

TEST_F(ConfigTest, RepeatedKey) {
  EXPECT_EQ(problemOf("version: 1\nnon-finite: error\nnon-finite: ignore\n"),
            "c.yaml:3:1: key 'non-finite' is there twice");
}

TEST_F(ConfigTest, Overrides) {
  EXPECT_EQ(problemOf("version: 1\noverrides:\n  - keep: float\n"),
            "c.yaml:3:5: an override needs 'match' with 'name', 'op' or "
            "'location'");
  EXPECT_EQ(problemOf("version: 1\noverrides:\n  - match: {name: x}\n"),
            "c.yaml:3:5: an override sets nothing; add 'activations', "
            "'scheme', 'dynamic', 'weight-only' or 'keep: float'");
  const std::string problem = problemOf(
      "version: 1\noverrides:\n  - match: {name: 'a(b'}\n    keep: float\n");
  EXPECT_EQ(problem.substr(0, problem.find(" regular")),
            "c.yaml:3:19: 'a(b' is not a");
  EXPECT_EQ(
      problemOf(
          "version: 1\noverrides:\n  - match: {name: a}\n    keep: int8\n"),
      "c.yaml:4:11: 'int8' is not a value of 'keep'; allowed: float");
}

TEST_F(ConfigTest, SyntaxErrorsHaveAPlace) {
  EXPECT_EQ(problemOf("version: 1\nactivations: {bits: 8\n").substr(0, 9),
            "c.yaml:2:");
  EXPECT_EQ(problemOf("- 1\n- 2\n"),
            "c.yaml:1:1: the file must be a mapping of keys to values");
  EXPECT_EQ(problemOf("version: 1\n---\nversion: 1\n").substr(0, 7), "c.yaml:");
}

TEST_F(ConfigTest, SchemaIsItselfAConfiguration) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Config::printSchema(os);
  const Config c = parseGood(text);
  EXPECT_EQ(c.activations.method, ActivationMethod::Auto);
  EXPECT_EQ(c.weights.method, WeightMethod::Mse);
  ASSERT_EQ(c.overrides.size(), 1u);
  EXPECT_TRUE(c.overrides[0].keepFloat);
  EXPECT_TRUE(c.overrides[0].name && c.overrides[0].op);
}

} // namespace
