// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qopt-approximate-math))" | FileCheck %s

// CHECK-LABEL: func @exp
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : f32
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// CHECK-LABEL: func @erf
// CHECK-NOT: math.erf
// CHECK: math.fma {{.*}} : vector<16xf32>
func.func @erf(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.erf %x : vector<16xf32>
  return %y : vector<16xf32>
}

// As GELU has it: no division.
// CHECK-LABEL: func @erf_of_quotient
// CHECK-SAME: %[[X:.*]]: vector<16xf32>
// CHECK-NOT: arith.divf
// CHECK: %[[LARGE:.*]] = arith.cmpf olt, %{{.*}}, %[[X]]
// CHECK: %[[MOST:.*]] = arith.select %[[LARGE]], %{{.*}}, %[[X]]
// CHECK: %[[SMALL:.*]] = arith.cmpf olt, %[[MOST]], %{{.*}}
// CHECK: %[[BOUND:.*]] = arith.select %[[SMALL]], %{{.*}}, %[[MOST]]
// CHECK: %[[Q:.*]] = arith.mulf %[[BOUND]], %[[FACTOR:.*]] :
// CHECK: %[[R:.*]] = math.fma %[[Q]], %{{.*}}, %[[BOUND]]
// CHECK: math.fma %[[R]], %[[FACTOR]], %[[Q]]
// CHECK-NOT: arith.divf
// CHECK: return
func.func @erf_of_quotient(%x: vector<16xf32>) -> vector<16xf32> {
  %c = arith.constant dense<1.41421354> : vector<16xf32>
  %q = arith.divf %x, %c : vector<16xf32>
  %y = math.erf %q : vector<16xf32>
  return %y : vector<16xf32>
}

// By a number that may be zero, and by one whose sign would change.
// CHECK-LABEL: func @erf_of_other_quotients
// CHECK: arith.divf
// CHECK: arith.divf
func.func @erf_of_other_quotients(%x: f32, %c: f32) -> (f32, f32) {
  %negative = arith.constant -2.0 : f32
  %q = arith.divf %x, %c : f32
  %y = math.erf %q : f32
  %r = arith.divf %x, %negative : f32
  %z = math.erf %r : f32
  return %y, %z : f32, f32
}

// In f64, without multiply-adds: log2, a product, and 2^t.
// CHECK-LABEL: func @powf
// CHECK-NOT: math.powf
// CHECK-NOT: math.fma
// CHECK: arith.extf {{.*}} : vector<16xf32> to vector<16xf64>
// CHECK-NOT: math.fma
// CHECK: arith.truncf {{.*}} : vector<16xf64> to vector<16xf32>
// CHECK-NOT: math.fma
// CHECK: return
func.func @powf(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %z = math.powf %x, %y : vector<16xf32>
  return %z : vector<16xf32>
}

// Large angles have a branch of their own.
// CHECK-LABEL: func @sin
// CHECK: %[[LARGE:.*]] = arith.cmpf oge, {{.*}} : vector<16xf32>
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[LARGE]] : vector<16xi1> into i1
// CHECK: scf.if %[[ANY]] -> (vector<16xf64>, vector<16xi64>)
func.func @sin(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.sin %x : vector<16xf32>
  return %y : vector<16xf32>
}

// Every other function of f32, but none of f64.
// CHECK-LABEL: func @others
// CHECK-NOT: math.{{(exp|log|sin|cos|tan|atan|asin|acos|cbrt)}}
// CHECK: math.sin %{{.*}} : f64
// CHECK-NOT: math.{{(exp|log|sin|cos|tan|atan|asin|acos|cbrt)}}
// CHECK: return
func.func @others(%x: f32, %y: f64) -> (f32, f64) {
  %0 = math.exp2 %x : f32
  %1 = math.expm1 %0 : f32
  %2 = math.log2 %1 : f32
  %3 = math.log10 %2 : f32
  %4 = math.log1p %3 : f32
  %5 = math.cos %4 : f32
  %6 = math.tan %5 : f32
  %7 = math.atan %6 : f32
  %8 = math.atan2 %7, %x : f32
  %9 = math.asin %8 : f32
  %10 = math.acos %9 : f32
  %11 = math.sinh %10 : f32
  %12 = math.cosh %11 : f32
  %13 = math.asinh %12 : f32
  %14 = math.acosh %13 : f32
  %15 = math.atanh %14 : f32
  %16 = math.cbrt %15 : f32
  %17 = math.sin %y : f64
  return %16, %17 : f32, f64
}

// NaN is left out on either side.
// CHECK-LABEL: func @extrema
// CHECK-SAME: %[[X:.*]]: f32, %[[Y:.*]]: f32, %[[V:.*]]: vector<4xf32>
// CHECK: %[[FIRST:.*]] = arith.cmpf ugt, %[[X]], %[[Y]]
// CHECK-NEXT: %[[CHOSEN:.*]] = arith.select %[[FIRST]], %[[X]], %[[Y]]
// CHECK-NEXT: %[[NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]]
// CHECK-NEXT: arith.select %[[NAN]], %[[Y]], %[[CHOSEN]]
// CHECK: arith.cmpf ult
// CHECK: arith.maxnumf {{.*}} : vector<4xf32>
func.func @extrema(%x: f32, %y: f32, %v: vector<4xf32>, %w: vector<4xf32>) -> (f32, f32, vector<4xf32>) {
  %a = arith.maxnumf %x, %y : f32
  %b = arith.minnumf %x, %y : f32
  %c = arith.maxnumf %v, %w : vector<4xf32>
  return %a, %b, %c : f32, f32, vector<4xf32>
}

// Rounded by integers; f64 by an f32 whose last bit tells of bits that were lost.
// CHECK-LABEL: func @to_bf16
// CHECK: arith.truncf {{.*}} : vector<16xf64> to vector<16xf32>
// CHECK: arith.ori {{.*}} : vector<16xi32>
// CHECK-NOT: to vector<16xbf16>
// CHECK: arith.bitcast {{.*}} : vector<16xi16> to vector<16xbf16>
func.func @to_bf16(%x: vector<16xf64>) -> vector<16xbf16> {
  %y = arith.truncf %x : vector<16xf64> to vector<16xbf16>
  return %y : vector<16xbf16>
}

// CHECK-LABEL: func @fma_bf16
// CHECK: math.fma {{.*}} : f32
// CHECK-NOT: arith.truncf
// CHECK: arith.bitcast {{.*}} : i16 to bf16
func.func @fma_bf16(%x: bf16) -> bf16 {
  %y = math.fma %x, %x, %x : bf16
  return %y : bf16
}

// What stands in the program is rounded there, whatever it allows.
// CHECK-LABEL: func @rounded
// CHECK: arith.bitcast {{.*}} : i16 to bf16
// CHECK: arith.extf
func.func @rounded(%x: f32) -> f32 {
  %y = arith.truncf %x fastmath<contract> : f32 to bf16
  %z = arith.extf %y fastmath<contract> : bf16 to f32
  return %z : f32
}
