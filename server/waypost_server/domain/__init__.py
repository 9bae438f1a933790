"""Pure decisions: values in, values out.

No I/O, no clock, no dice, no logging. Times, ids and random numbers are arguments.
The same functions answer the SDK, the worker, the preview and the explanation.
"""
