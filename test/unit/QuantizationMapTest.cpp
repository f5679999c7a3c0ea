//===- QuantizationMapTest.cpp - Maps: reading, writing, bad files --------===//

#include "quantopt/Support/QuantizationMap.h"

#include "TestFiles.h"

#include <cfloat>

using namespace quantopt;
using namespace quantopt::test;

namespace {

using QuantizationMapTest = FileTest;

MappedParams paramsOf(std::vector<double> scales) {
  MappedParams params;
  params.scales = std::move(scales);
  params.zeroPoints.assign(params.scales.size(), 0);
  return params;
}

QuantizationMap example() {
  QuantizationMap map;
  MappedValue input;
  input.name = "x \"1\"\n\\ \xC3\xA9: #";
  input.op = "input";
  input.tensor = "tensor<1x24xf32>";
  input.params = paramsOf({double(0.1f)});
  input.params->zeroPoints = {-3};
  input.why = "min-max: [-1, 3]";
  map.values.push_back(input);

  MappedValue dense;
  dense.name = "dense";
  dense.scheme = MappedValue::Scheme::Dynamic;
  dense.dynamic = {DynamicGranularity::Tensor, false};
  dense.note = "stays in float: why not";
  MappedWeights weights;
  weights.operand = 1;
  // Scales of all sizes, the smallest and the largest f32 among them.
  weights.params = paramsOf(
      {double(0.3f), double(1e-45f), double(FLT_MAX), 1.0, double(1e-7f)});
  weights.params.qmin = -127;
  weights.params.axis = 0;
  dense.weights.push_back(weights);
  map.values.push_back(dense);

  MappedValue wide;
  wide.name = "wide";
  wide.scheme = MappedValue::Scheme::Float;
  wide.params = paramsOf({2.0});
  wide.params->bits = 16;
  wide.params->qmin = -32768, wide.params->qmax = 32767;
  map.values.push_back(wide);

  MappedValue bytes;
  bytes.name = "bytes";
  bytes.params = paramsOf({0.5});
  bytes.params->isSigned = false;
  bytes.params->qmin = 0, bytes.params->qmax = 255;
  bytes.params->zeroPoints = {128};
  map.values.push_back(bytes);
  return map;
}

TEST_F(QuantizationMapTest, ReadsBackWhatItWrote) {
  const QuantizationMap map = example();
  const std::string path = pathOf("map.yaml");
  ASSERT_EQ(textOf(map.save(path)), "");
  auto back = QuantizationMap::load(path);
  ASSERT_TRUE(bool(back)) << errorOf(std::move(back));
  ASSERT_EQ(back->values.size(), map.values.size());
  for (size_t i = 0; i < map.values.size(); ++i) {
    const MappedValue &a = map.values[i], &b = back->values[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.op, b.op);
    EXPECT_EQ(a.tensor, b.tensor);
    EXPECT_EQ(a.scheme, b.scheme);
    EXPECT_EQ(a.dynamic.granularity, b.dynamic.granularity);
    EXPECT_EQ(a.dynamic.symmetric, b.dynamic.symmetric);
    EXPECT_EQ(a.why, b.why);
    EXPECT_TRUE(a.params == b.params);
    ASSERT_EQ(a.weights.size(), b.weights.size());
    for (size_t k = 0; k < a.weights.size(); ++k) {
      EXPECT_EQ(a.weights[k].operand, b.weights[k].operand);
      EXPECT_TRUE(a.weights[k].params == b.weights[k].params);
      EXPECT_EQ(a.weights[k].biasCorrection, b.weights[k].biasCorrection);
    }
  }
}

TEST_F(QuantizationMapTest, FormatIsAsDocumented) {
  QuantizationMap map = example();
  map.values[0].name = "x";
  map.values.resize(2);
  map.values[1].weights[0].biasCorrection = {-0.1f, 0, 1e-45f};
  EXPECT_EQ(map.toYaml(),
            "# quant-opt quantization map: x = (q - zero-point) * scale for "
            "each value.\n"
            "version: 1\n"
            "values:\n"
            "- name: \"x\"\n"
            "  op: \"input\"\n"
            "  tensor: \"tensor<1x24xf32>\"\n"
            "  scheme: static\n"
            "  params: {type: i8, range: [-128, 127], scale: 0.1, zero-point: "
            "-3}\n"
            "  why: \"min-max: [-1, 3]\"\n"
            "- name: \"dense\"\n"
            "  scheme: dynamic\n"
            "  dynamic: {granularity: tensor, symmetric: false}\n"
            "  # stays in float: why not\n"
            "  weights:\n"
            "  - operand: 1\n"
            "    params: {type: i8, range: [-127, 127], axis: 0, scale: [0.3, "
            "1e-45, 3.4028235e+38, 1, 1e-07]}\n"
            "    bias-correction: [-0.1, 0, 1e-45]\n");
  auto back = QuantizationMap::parse(map.toYaml(), "m.yaml");
  ASSERT_TRUE(bool(back)) << errorOf(std::move(back));
  EXPECT_EQ(back->values[1].weights[0].biasCorrection,
            map.values[1].weights[0].biasCorrection);
}

std::string problemOf(const std::string &text) {
  return errorOf(QuantizationMap::parse(text, "m.yaml"));
}

TEST_F(QuantizationMapTest, HandWrittenDefaults) {
  auto map = QuantizationMap::parse("version: 1\n"
                                    "values:\n"
                                    "  - {name: a, scheme: static,\n"
                                    "     params: {type: u8, scale: 1e-3}}\n"
                                    "  - name: b\n"
                                    "    scheme: float\n",
                                    "m.yaml");
  ASSERT_TRUE(bool(map)) << errorOf(std::move(map));
  EXPECT_EQ(map->values[0].params->qmin, 0);
  EXPECT_EQ(map->values[0].params->qmax, 255);
  EXPECT_EQ(map->values[0].params->zeroPoints[0], 0);
  EXPECT_EQ(map->values[0].params->scales[0], double(1e-3f));
  EXPECT_FALSE(map->values[1].params);
  EXPECT_EQ(map->placeOf(map->values[1]), "m.yaml:5:11");
}

TEST_F(QuantizationMapTest, BadFiles) {
  EXPECT_EQ(errorOf(QuantizationMap::load(pathOf("none.yaml"))),
            "cannot read quantization map '" + pathOf("none.yaml") +
                "': No such file or directory");
  EXPECT_EQ(problemOf("values: []\n"),
            "m.yaml:1:1: 'version' is missing; add the line 'version: 1'");
  EXPECT_EQ(problemOf("version: 2\n"),
            "m.yaml:1:10: '2' is not a value of 'version'; allowed: 1");
  EXPECT_EQ(problemOf("version: 1\nlayers: []\n"),
            "m.yaml:2:1: unknown key 'layers'; allowed: version, values");
  EXPECT_EQ(problemOf("version: 1\nvalues: 3\n"),
            "m.yaml:2:9: 'values' must be a list");
  EXPECT_EQ(problemOf("version: 1\nvalues:\n- x\n"),
            "m.yaml:3:3: 'values' must be a mapping of keys to values");
  EXPECT_NE(problemOf("version: 1\nvalues: [{name: \"a\n").find("m.yaml:"),
            std::string::npos);
  EXPECT_NE(problemOf("version: 1\n---\nversion: 1\n").find("second document"),
            std::string::npos);
}

TEST_F(QuantizationMapTest, BadValues) {
  auto problem = [](const std::string &entry) {
    return problemOf("version: 1\nvalues:\n- " + entry + "\n");
  };
  EXPECT_EQ(problem("{scheme: static}"),
            "m.yaml:3:4: an entry needs 'name', as quant-opt "
            "--compile-to=import shows it");
  EXPECT_EQ(problem("{name: x}"),
            "m.yaml:3:4: 'x' needs 'scheme'; allowed: static, dynamic, "
            "weight-only, float");
  EXPECT_EQ(problem("{name: x, scheme: int4}"),
            "m.yaml:3:21: 'int4' is not a value of 'scheme'; allowed: static, "
            "dynamic, weight-only, float");
  EXPECT_EQ(problem("{name: x, scheme: static, dynamic: {symmetric: true}}"),
            "m.yaml:3:39: 'dynamic' says something of scheme: dynamic only");
  EXPECT_EQ(problem("{name: x, scheme: float}\n- {name: y, scheme: float}\n"
                    "- {name: x, scheme: float}"),
            "m.yaml:5:4: 'x' is there twice, first at line 3; remove one");
  EXPECT_EQ(problem("{name: x, name: y}"),
            "m.yaml:3:13: key 'name' is there twice");
}

TEST_F(QuantizationMapTest, BadParams) {
  auto problem = [](const std::string &params) {
    return problemOf("version: 1\nvalues:\n- name: x\n  scheme: static\n"
                     "  params: {" +
                     params + "}\n");
  };
  EXPECT_EQ(problem("scale: 1"),
            "m.yaml:5:12: 'type' is missing; allowed: i8, u8, i16");
  EXPECT_EQ(problem("type: i8"), "m.yaml:5:12: 'scale' is missing");
  EXPECT_EQ(problem("type: i4, scale: 1"),
            "m.yaml:5:18: 'i4' is not a value of 'type'; allowed: i8, u8, i16");
  for (const char *scale : {"0", "-1", "nan", "inf", "1e99", "1e-99", "wide"})
    EXPECT_EQ(problem(std::string("type: i8, scale: ") + scale),
              std::string("m.yaml:5:29: '") + scale +
                  "' is not a value of 'scale'; allowed: a number over 0 that "
                  "an f32 holds");
  EXPECT_EQ(problem("type: i8, scale: [1, 2]"),
            "m.yaml:5:30: 'scale' must be one value; allowed: a number over 0 "
            "that an f32 holds");
  EXPECT_EQ(problem("type: i8, scale: 1, zero-point: 128"),
            "m.yaml:5:44: the zero point 128 is out of the range [-128, 127]");
  EXPECT_EQ(problem("type: i8, scale: 1, range: [-64, 64], zero-point: -65"),
            "m.yaml:5:62: the zero point -65 is out of the range [-64, 64]");
  EXPECT_EQ(problem("type: i8, scale: 1, zero-point: 1.5"),
            "m.yaml:5:44: '1.5' is not a value of 'zero-point'; allowed: an "
            "integer");
  EXPECT_EQ(problem("type: i8, scale: 1, range: [-129, 127]"),
            "m.yaml:5:40: 'range' is [least, largest] within [-128, 127]");
  EXPECT_EQ(problem("type: u8, scale: 1, range: [3, 3]"),
            "m.yaml:5:40: 'range' is [least, largest] within [0, 255]");
  EXPECT_EQ(problem("type: i8, scale: 1, range: [3]"),
            "m.yaml:5:40: 'range' is [least, largest]");
  EXPECT_EQ(problem("type: i8, scale: 1, range: [3, 9]"),
            "m.yaml:5:12: 'zero-point' is missing, and 0 is out of 'range'");
  EXPECT_EQ(problem("type: i8, scale: 1, axis: 0"),
            "m.yaml:5:32: unknown key 'axis' in 'params'; allowed: type, "
            "range, scale, zero-point");
}

TEST_F(QuantizationMapTest, BadWeights) {
  auto problem = [](const std::string &weights) {
    return problemOf("version: 1\nvalues:\n- name: x\n  scheme: static\n"
                     "  weights: [" +
                     weights + "]\n");
  };
  EXPECT_EQ(problem("{operand: 1, params: {type: i8, axis: 0, scale: [1, 2]}}"),
            "");
  EXPECT_EQ(problem("{operand: 1}"),
            "m.yaml:5:14: weights need 'operand' and 'params'");
  EXPECT_EQ(problem("{operand: -1}"), "m.yaml:5:23: there is no operand -1");
  EXPECT_EQ(
      problem("{operand: 1, params: {type: i8, scale: [1, 2]}}"),
      "m.yaml:5:35: several scales need the 'axis' that they count along");
  EXPECT_EQ(problem("{operand: 1, params: {type: i8, axis: -1, scale: 1}}"),
            "m.yaml:5:51: 'axis' counts from 0");
  EXPECT_EQ(problem("{operand: 1, params: {type: u8, scale: 1}}"),
            "m.yaml:5:41: 'u8' is not a value of 'type'; allowed: i8, i16");
  EXPECT_EQ(problem("{operand: 1, params: {type: i8, scale: [1, 0]}}"),
            "m.yaml:5:56: '0' is not a value of 'scale'; allowed: a number "
            "over 0 that an f32 holds");
  EXPECT_EQ(
      problem("{operand: 1, params: {type: i8, scale: 1, zero-point: 1}}"),
      "m.yaml:5:55: unknown key 'zero-point' in 'params'; allowed: type, "
      "range, axis, scale");
  EXPECT_EQ(problem("{operand: 1, params: {type: i8, scale: 1}}, "
                    "{operand: 1, params: {type: i8, scale: 1}}"),
            "m.yaml:5:67: operand 1 is there twice; remove one");
  EXPECT_EQ(problem("{bias-correction: [1, inf]}"),
            "m.yaml:5:35: 'inf' is not a value of 'bias-correction'; allowed: "
            "a finite number");
}

TEST_F(QuantizationMapTest, UnwritablePathLeavesNothing) {
  EXPECT_NE(textOf(example().save(pathOf("no/such.yaml")))
                .find("cannot write quantization map"),
            std::string::npos);
  EXPECT_EQ(numFiles(), 0u);
}

} // namespace
