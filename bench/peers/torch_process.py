"""Trains with torch what a file describes; says how long its steps take.

The file (safetensors) holds initial parameters by name, `inputs` [batches, batch, ...] and `targets`, and in its metadata the
layers. For every line "N" on standard input it trains N steps and answers with a line of JSON. One thread: OMP_NUM_THREADS
and OPENBLAS_NUM_THREADS are set to 1 by whoever starts it.
"""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    metadata = header.pop("__metadata__")
    types = {"F32": np.float32, "I32": np.int32}
    arrays = {
        name: torch.from_numpy(
            np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"]).copy()
        )
        for name, entry in header.items()
    }
    return arrays, json.loads(metadata["layers"])


ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def build(layers, arrays):
    """Layers as torch has them: kernels transposed, channels first, so that nothing in it is unusual."""
    modules, image = [], None
    for layer in layers:
        kind = layer["kind"]
        if kind == "reshape":
            height, width, channels = image = layer["shape"]
            modules.append(nn.Unflatten(1, (channels, height, width)))
        elif kind == "conv":
            kernel = arrays[layer["name"] + "/kernel"]
            module = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2], padding="same")
            put(module, kernel.permute(3, 2, 0, 1), arrays[layer["name"] + "/bias"])
            modules += [module, ACTIVATIONS[layer["activation"]]()]
            image = [*image[:2], kernel.shape[3]]
        elif kind == "maxPool":
            modules.append(nn.MaxPool2d(layer["window"]))
            image = [image[0] // layer["window"], image[1] // layer["window"], image[2]]
        elif kind == "flatten":
            modules.append(nn.Flatten())
        elif kind == "dense":
            kernel = arrays[layer["name"] + "/kernel"]
            if image is not None:  # rows in the order of channels first
                kernel = kernel.reshape(*image, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
                image = None
            module = nn.Linear(*kernel.shape)
            put(module, kernel.T, arrays[layer["name"] + "/bias"])
            modules += [module, ACTIVATIONS[layer["activation"]]()]
    return nn.Sequential(*modules)


def put(module, weight, bias):
    with torch.no_grad():
        module.weight.copy_(weight)
        module.bias.copy_(bias)


arrays, layers = read(sys.argv[1])
rate = float(sys.argv[2])
model = build(layers, arrays)
optimizer = torch.optim.Adam(model.parameters(), lr=rate)
inputs, targets = arrays["inputs"], arrays["targets"]
if targets.dtype == torch.int32:
    targets, loss = targets.long(), nn.CrossEntropyLoss()
else:
    binary = nn.BCEWithLogitsLoss(reduction="sum")
    loss = lambda outputs, y: binary(outputs, y) / len(y)

step = 0
for line in sys.stdin:
    losses, begin = [], time.perf_counter()
    for _ in range(int(line)):
        at = step % len(inputs)
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(inputs[at]), targets[at])
        value.backward()
        optimizer.step()
        losses.append(value.detach())
        step += 1
    milliseconds = 1000 * (time.perf_counter() - begin)
    print(json.dumps({"milliseconds": milliseconds, "losses": [float(x) for x in losses]}), flush=True)
