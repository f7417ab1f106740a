"""Trains a perceptron with torch on a device; says how long its steps take.

Arguments: file, widths (784-256-256-10), batch size, update (sgd, momentum or adam), rate, mode (eager or compile), device. The
file holds numbers in 32 bits: kernel [inputs, outputs] and bias of each layer, then batches of inputs, then their labels as
integers. For every line "N" on standard input it trains N steps and answers with a line of JSON.
"""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

path, widths, batch, update, rate, mode, device = sys.argv[1:]
widths, batch, rate = [int(width) for width in widths.split("-")], int(batch), float(rate)
data, at = np.fromfile(path, np.float32), 0


def take(*shape):
    global at
    begin, at = at, at + int(np.prod(shape))
    return torch.from_numpy(data[begin:at].reshape(shape).copy())


modules = []
for inputs, outputs in zip(widths, widths[1:]):
    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        layer.weight.copy_(take(inputs, outputs).T)
        layer.bias.copy_(take(outputs))
    modules += [layer, nn.ReLU()]
model = nn.Sequential(*modules[:-1]).to(device)
count = (len(data) - at) // (batch * (widths[0] + 1))
xs = take(count, batch, widths[0]).to(device)
ys = torch.from_numpy(data[at:].view(np.int32).reshape(count, batch).copy()).long().to(device)
parameters = model.parameters()
optimizer = (
    torch.optim.Adam(parameters, lr=rate)
    if update == "adam"
    else torch.optim.SGD(parameters, lr=rate, momentum=0.9 if update == "momentum" else 0)
)
cost = nn.CrossEntropyLoss()


def loss_of(x, y):
    return cost(model(x), y)


if mode == "compile":
    loss_of = torch.compile(loss_of)

step = 0
for line in sys.stdin:
    losses, begin = [], time.perf_counter()
    for _ in range(int(line)):
        optimizer.zero_grad(set_to_none=True)
        value = loss_of(xs[step % count], ys[step % count])
        value.backward()
        optimizer.step()
        losses.append(value.detach())
        step += 1
    losses[-1].item()  # the device is done only when its last result is here
    milliseconds = 1000 * (time.perf_counter() - begin)
    print(json.dumps({"milliseconds": milliseconds, "losses": [float(x) for x in losses]}), flush=True)
