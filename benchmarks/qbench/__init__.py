"""quant-opt and its peers, timed in one run."""
