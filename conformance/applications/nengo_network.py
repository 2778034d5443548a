#!/usr/bin/env python3
"""nengo-ocl beside nengo's own simulator: two populations of neurons, a sine and its square. The two come from PYTHONPATH."""
import sys

import nengo
import nengo_ocl
import numpy


def network():
    with nengo.Network(seed=3) as model:
        source = nengo.Node(lambda t: numpy.sin(6 * t))
        spiking, rates = nengo.Ensemble(50, 1), nengo.Ensemble(60, 1, neuron_type=nengo.LIFRate())
        nengo.Connection(source, spiking)
        nengo.Connection(spiking, rates, function=numpy.square)
        probes = [nengo.Probe(spiking, synapse=0.01), nengo.Probe(rates, synapse=0.03)]
    return model, probes


def simulate(kind):
    model, probes = network()
    with kind(model, progress_bar=False) as simulator:
        simulator.run(0.2)
        return [numpy.array(simulator.data[probe]) for probe in probes]


def main():
    errors = [numpy.abs(device - host).max() for device, host in zip(simulate(nengo_ocl.Simulator), simulate(nengo.Simulator))]
    print("largest differences", errors)
    print("all right" if max(errors) < 1e-4 else "wrong")


if __name__ == "__main__":
    sys.exit(main())
