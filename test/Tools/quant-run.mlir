// A model whose results are known: y = x + x, exactly.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[3,4]:1,2,3,4,0,-1,0.5,8,4,3,2,1' \
// RUN:   'y=f32[3,4]:2,4,6,8,0,-2,1,16,8,6,4,2' 'near=f32[3,4]:2,4,6,8,0,-2,1,16,8,6,4,10' \
// RUN:   'labels=i64[3]:3,3,1'

// Without anything to compare with, it runs and counts.
// RUN: quant-run %s --inputs=%t.npz | FileCheck %s --check-prefix=PLAIN
// PLAIN: samples          3
// PLAIN-NOT: SQNR
// PLAIN-NOT: accuracy

// RUN: quant-run %s --inputs=%t.npz --expected=y --labels=labels --json=%t.json | FileCheck %s --check-prefix=EQUAL
// EQUAL:      samples          3
// EQUAL-NEXT: SQNR             inf dB
// EQUAL-NEXT: max abs error    0
// EQUAL-NEXT: top-1 agreement  1.0000
// EQUAL-NEXT: mean cosine      1.000000
// EQUAL-NEXT: accuracy         0.6667

// Infinity in JSON is a number too large for a double.
// RUN: FileCheck %s --check-prefix=JSON < %t.json
// RUN: %python -c "import json, math; r = json.load(open(r'%t.json')); assert r['sqnr_db'] == math.inf and r['samples'] == 3, r"
// JSON:      "sqnr_db": 1e999
// JSON-NEXT: "max_abs_error": 0
// JSON-NEXT: "top1_agreement": 1
// JSON-NEXT: "cosine": {{1|0.99999999}}
// JSON-NEXT: "accuracy": 0.666
// JSON-NEXT: "samples": 3
// JSON-NOT:  latency_us

// |x| = sqrt(597), |x - y| = 8: 20 log10 of it is 9.6983 dB.
// RUN: quant-run %s --inputs=%t.npz --expected=near --json=%t.near.json | FileCheck %s --check-prefix=NEAR
// NEAR:      SQNR             9.70 dB
// NEAR-NEXT: max abs error    8
// NEAR-NEXT: top-1 agreement  0.6667

// RUN: quant-run %s --inputs=%t.npz --limit=2 --outputs=%t.y.npz | FileCheck %s --check-prefix=LIMIT
// LIMIT: samples          2
// RUN: %python %S/../Inputs/npz.py show %t.y.npz | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS:      output0 f [2, 4]
// OUTPUTS-NEXT:   2 4 6 8
// OUTPUTS-NEXT:   0 -2 1 16

// Two runs write the same bytes.
// RUN: quant-run %s --inputs=%t.npz --limit=2 --outputs=%t.again.npz
// RUN: cmp %t.y.npz %t.again.npz

// RUN: quant-run %s --inputs=%t.npz --benchmark --limit=1 --json=%t.bench.json | FileCheck %s --check-prefix=BENCH
// BENCH: latency          min {{[0-9.]+}} us, median {{[0-9.]+}} us
// RUN: %python -c "import json; r = json.load(open(r'%t.bench.json')); l = r['latency_us']; assert 0 < l['min'] <= l['median'], r; assert set(r) == {'samples', 'latency_us'}, r"

// Bytecode, standard input and the choice of kernels and threads.
// RUN: quant-opt %s --emit-bytecode -o %t.mlirbc
// RUN: quant-run %t.mlirbc --inputs=%t.npz --expected=y --kernels=scalar | FileCheck %s --check-prefix=EQUAL-SQNR
// RUN: cat %s | quant-run - --inputs=%t.npz --expected=y --threads=1 --device=cpu | FileCheck %s --check-prefix=EQUAL-SQNR
// EQUAL-SQNR: SQNR             inf dB

// RUN: quant-run %s --inputs=%t.npz --compare-kernels --expected=y | FileCheck %s --check-prefix=KERNELS
// KERNELS: auto and scalar give the same bytes in all 3 samples
// KERNELS: SQNR             inf dB

// RUN: quant-run --help | FileCheck %s --check-prefix=HELP
// HELP-DAG: --inputs=<file.npz>
// HELP-DAG: --expected=<array[=output]>
// HELP-DAG: --compare-kernels

func.func @double(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %empty = tensor.empty() : tensor<1x4xf32>
  %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>)
                  outs(%empty : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
