/* Runs the observed model where the data is and writes what its observers
 * counted.
 *
 *   observe TABLE.json < samples      images as raw float32, one behind the
 * other
 *
 * Replace the loop by your own source of data: a camera, a microphone, a queue.
 */
#include "digits.h"
#include "quantopt-runtime/Observe.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  static float image[QUANTOPT_MODEL_DIGITS_INPUT_0_ELEMENTS];
  static float scores[QUANTOPT_MODEL_DIGITS_OUTPUT0_ELEMENTS];
  long samples = 0;
  size_t size;
  int error;
  if (argc != 2) {
    fprintf(stderr, "usage: observe TABLE.json < samples\n");
    return 2;
  }
  while ((size = fread(image, 1, sizeof image, stdin)) == sizeof image) {
    digits(image, scores);
    ++samples;
  }
  if (ferror(stdin) || size != 0) {
    fprintf(stderr, "observe: sample %ld is cut off: %lu of %lu bytes\n",
            samples, (unsigned long)size, (unsigned long)sizeof image);
    return 1;
  }
  error = qopt_calibration_write(argv[1]);
  if (error) {
    fprintf(stderr, "observe: %s: %s\n", argv[1], strerror(error));
    return 1;
  }
  printf("%ld samples, %s\n", samples, argv[1]);
  return 0;
}
