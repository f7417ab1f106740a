"""Says how long torch takes for products of square matrices in float32.

Arguments: device, sizes (1024-2048), and how many milliseconds are measured together at least. It prints seconds by size, the
median of some rounds, as JSON.
"""
import json
import sys
import time

import numpy as np
import torch

ROUNDS = 7
device, sizes, long = sys.argv[1], [int(size) for size in sys.argv[2].split("-")], float(sys.argv[3])
torch.backends.cuda.matmul.allow_tf32 = False


def seconds(a, b, count):
    begin = time.perf_counter()
    for _ in range(count):
        product = a @ b
    product[0, 0].item()  # the device is done only when its last result is here
    return time.perf_counter() - begin


def median(size):
    a, b = (torch.randn(size, size, device=device) for _ in range(2))
    count = 1
    seconds(a, b, count)
    while 1000 * seconds(a, b, count) < long:
        count *= 2
    return float(np.median([seconds(a, b, count) / count for _ in range(ROUNDS)]))


print(json.dumps({size: median(size) for size in sizes}))
