# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain / fan_in
