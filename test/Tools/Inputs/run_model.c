/* Runs a compiled model on samples of standard input, as they come in an array
 * of an .npz, and writes the outputs to standard output. MODEL_H, MODEL,
 * INPUT_ELEMENTS and OUTPUT_ELEMENTS are given on the command line, and OUTPUT,
 * the type of results, where it is not float. */
#include MODEL_H
#include <stdio.h>

#ifndef OUTPUT
#define OUTPUT float
#endif
static float input[INPUT_ELEMENTS];
static OUTPUT output[OUTPUT_ELEMENTS];

int main(void) {
  while (fread(input, sizeof input, 1, stdin) == 1) {
    MODEL(input, output);
    if (fwrite(output, sizeof output, 1, stdout) != 1)
      return 1;
  }
  return 0;
}
