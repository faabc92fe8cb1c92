"""Trains with PyTorch: the same contract as every engine, on torch.nn, torch.optim's rules and autograd."""
