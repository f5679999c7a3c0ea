// The fastest of cuBLASLt's algorithms for s8 x s8 to i32, as its heuristics list
// them with a workspace of 64 MiB: prints us. Both factors lie along the terms,
// which is the only layout that it has fast kernels for.
#include <cublasLt.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

template <typename Status>
static void check(Status status, int line) {
  if (int(status) == 0)
    return;
  std::fprintf(stderr, "cublas.cu:%d: error %d\n", line, int(status));
  std::exit(1);
}
#define CHECK(call) check(call, __LINE__)

static void fill(signed char **pointer, size_t size) {
  std::vector<signed char> bytes(size);
  for (signed char &byte : bytes)
    byte = std::rand();
  CHECK(cudaMalloc(pointer, size));
  CHECK(cudaMemcpy(*pointer, bytes.data(), size, cudaMemcpyHostToDevice));
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  const int64_t rows = std::atoll(argv[1]), columns = std::atoll(argv[2]),
                terms = std::atoll(argv[3]);
  cublasLtHandle_t handle;
  CHECK(cublasLtCreate(&handle));
  signed char *left, *right;
  fill(&left, rows * terms);
  fill(&right, columns * terms);
  int *result;
  CHECK(cudaMalloc(&result, rows * columns * sizeof(int)));
  size_t workspaceSize = 64 << 20;
  void *workspace;
  CHECK(cudaMalloc(&workspace, workspaceSize));

  // It counts by columns: our row-major result is its transpose.
  cublasLtMatmulDesc_t operation;
  CHECK(cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32I, CUDA_R_32I));
  cublasOperation_t transposed = CUBLAS_OP_T;
  CHECK(cublasLtMatmulDescSetAttribute(operation,
                                       CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                       sizeof transposed));
  cublasLtMatrixLayout_t a, b, c;
  CHECK(cublasLtMatrixLayoutCreate(&a, CUDA_R_8I, terms, columns, terms));
  CHECK(cublasLtMatrixLayoutCreate(&b, CUDA_R_8I, terms, rows, terms));
  CHECK(cublasLtMatrixLayoutCreate(&c, CUDA_R_32I, columns, rows, columns));
  cublasLtMatmulPreference_t preference;
  CHECK(cublasLtMatmulPreferenceCreate(&preference));
  CHECK(cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspaceSize,
      sizeof workspaceSize));
  cublasLtMatmulHeuristicResult_t found[32];
  int count = 0;
  CHECK(cublasLtMatmulAlgoGetHeuristic(handle, operation, a, b, c, c,
                                       preference, 32, found, &count));

  cudaEvent_t begin, end;
  CHECK(cudaEventCreate(&begin));
  CHECK(cudaEventCreate(&end));
  const int one = 1, zero = 0;
  float best = 1e30f;
  for (int i = 0; i < count; ++i) {
    auto multiply = [&] {
      return cublasLtMatmul(handle, operation, &one, right, a, left, b, &zero,
                            result, c, result, c, &found[i].algo, workspace,
                            workspaceSize, nullptr);
    };
    if (multiply() != CUBLAS_STATUS_SUCCESS)
      continue;
    for (int round = 0; round < 5; ++round) {
      constexpr int kRepeats = 50;
      CHECK(cudaEventRecord(begin));
      for (int repeat = 0; repeat < kRepeats; ++repeat)
        CHECK(multiply());
      CHECK(cudaEventRecord(end));
      CHECK(cudaEventSynchronize(end));
      float milliseconds;
      CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
      best = std::min(best, milliseconds * 1000 / kRepeats);
    }
  }
  std::printf("%.2f\n", best);
}
