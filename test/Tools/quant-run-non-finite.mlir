// NaN and infinity in samples: counted, named, refused or run.

// RUN: %python %S/../Inputs/npz.py make %t.npz 'x=f32[4,2]:1,2,nan,inf,5,6,nan,8' \
// RUN:   'y=f32[4,2]:1,2,nan,inf,5,6,nan,8'
// RUN: not quant-run %s --inputs=%t.npz --outputs=%t.y.npz --json=%t.json 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: not test -e %t.y.npz
// RUN: not test -e %t.json
// ERROR: error: {{.*}}.npz': array 'x' holds 2 NaN and 1 infinite values in 2 of the 4 samples read, the first in sample 1; remove these samples, or set the policy for non-finite values to ignore

// Samples beyond the limit do not count.
// RUN: quant-run %s --inputs=%t.npz --limit=1 2>&1 | FileCheck %s --check-prefix=LIMIT
// LIMIT-NOT: NaN
// LIMIT: samples          1

// RUN: quant-run %s --inputs=%t.npz --non-finite=ignore --expected=y --json=%t.ignored.json 2>&1 | FileCheck %s --check-prefix=IGNORE
// IGNORE: warning: {{.*}} holds 2 NaN and 1 infinite values
// IGNORE: samples          4
// IGNORE: SQNR             inf dB

// An output that is not finite where it should be is the worst of all ratios.
// RUN: %python %S/../Inputs/npz.py make %t.out.npz 'x=f32[1,2]:inf,1' 'y=f32[1,2]:3,1'
// RUN: quant-run %s --inputs=%t.out.npz --non-finite=ignore --expected=y --json=%t.worst.json 2>&1 | FileCheck %s --check-prefix=WORST
// RUN: FileCheck %s --check-prefix=JSON < %t.worst.json
// WORST: SQNR             -inf dB
// JSON: "sqnr_db": -1e999
// JSON: "max_abs_error": 1e999

func.func @copy(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}
