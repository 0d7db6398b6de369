"""What tests, ``make faults``, ``make chaos`` and the benchmarks share to run ethlogs against real services.

``streams`` reads a stream back and proves it without any code of the product; ``running`` and ``commands``
start a run; ``lying_node`` and ``tcp_proxy`` stand between a run and its services; ``faults`` strikes it.
"""
