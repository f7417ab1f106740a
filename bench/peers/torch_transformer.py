"""The Transformer of `models/networks/transformer.ts` in torch: pre-norm, one table for source, target and output, no dropout."""
import math

import torch
from torch import nn


class Attention(nn.Module):
    """torch's own, whose products for queries, keys and values are one where their inputs are."""

    def __init__(self, arrays, name, heads):
        super().__init__()
        maps = {part: arrays[f"{name}/{part}/kernel"].T for part in ("query", "key", "value", "output")}
        width = len(maps["output"])
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        with torch.no_grad():
            self.attention.in_proj_weight.copy_(torch.cat([maps["query"], maps["key"], maps["value"]]))
            no_bias = torch.zeros(width)  # of keys: it moves all scores of a query alike
            biases = [arrays[f"{name}/query/bias"], no_bias, arrays[f"{name}/value/bias"]]
            self.attention.in_proj_bias.copy_(torch.cat(biases))
            self.attention.out_proj.weight.copy_(maps["output"])
            self.attention.out_proj.bias.copy_(arrays[f"{name}/output/bias"])

    def forward(self, x, memory, mask=None):
        return self.attention(x, memory, memory, attn_mask=mask, need_weights=False)[0]


def norm(arrays, name):
    module = nn.LayerNorm(len(arrays[f"{name}/scale"]))
    with torch.no_grad():
        module.weight.copy_(arrays[f"{name}/scale"])
        module.bias.copy_(arrays[f"{name}/shift"])
    return module


def dense(arrays, name):
    module = nn.Linear(*arrays[f"{name}/kernel"].shape)
    with torch.no_grad():
        module.weight.copy_(arrays[f"{name}/kernel"].T)
        module.bias.copy_(arrays[f"{name}/bias"])
    return module


class Layer(nn.Module):
    """Attentions, the first to the sequence itself, and a network of two layers, each on normalized inputs and added to them."""

    def __init__(self, arrays, name, attentions, heads):
        super().__init__()
        self.attentions = nn.ModuleList(Attention(arrays, f"{name}/{attention}", heads) for attention in attentions)
        self.norms = nn.ModuleList(norm(arrays, f"{name}/norm{i + 1}") for i in range(len(attentions) + 1))
        self.network = nn.Sequential(dense(arrays, f"{name}/ffn1"), nn.ReLU(), dense(arrays, f"{name}/ffn2"))

    def forward(self, x, memory=None, mask=None):
        y = self.norms[0](x)
        x = x + self.attentions[0](y, y, mask)
        if memory is not None:
            x = x + self.attentions[1](self.norms[1](x), memory)
        return x + self.network(self.norms[-1](x))


class Transformer(nn.Module):
    def __init__(self, arrays, heads, layers):
        super().__init__()
        self.table = nn.Parameter(arrays["embedding/table"].clone())
        names = [f"layer{i + 1}" for i in range(layers)]
        self.encoder = nn.ModuleList(Layer(arrays, f"encoder/{name}", ["attention"], heads) for name in names)
        attentions = ["self_attention", "cross_attention"]
        self.decoder = nn.ModuleList(Layer(arrays, f"decoder/{name}", attentions, heads) for name in names)
        self.encoder_norm, self.decoder_norm = norm(arrays, "encoder/norm"), norm(arrays, "decoder/norm")

    def embedded(self, tokens):
        time, width = tokens.shape[1], self.table.shape[1]
        rates = torch.exp(torch.arange(0, width, 2, device=tokens.device) * (-math.log(10000) / width))
        angles = torch.arange(time, device=tokens.device)[:, None] * rates
        positions = torch.stack([torch.sin(angles), torch.cos(angles)], -1).reshape(time, width)
        return nn.functional.embedding(tokens, self.table) * math.sqrt(width) + positions

    def forward(self, inputs):
        source, target = inputs
        memory, x = self.embedded(source), self.embedded(target)
        for layer in self.encoder:
            memory = layer(memory)
        memory, time = self.encoder_norm(memory), target.shape[1]
        later = torch.triu(torch.full((time, time), float("-inf"), device=target.device), 1)
        for layer in self.decoder:
            x = layer(x, memory, later)
        return (self.decoder_norm(x) @ self.table.T).flatten(0, 1)
