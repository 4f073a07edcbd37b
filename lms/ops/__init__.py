"""Operations: serving, background work, backup and restore, migrations, doctor, demo.

What an administrator of the machine does, as against an administrator of the company. Knows
the factory and the tables' shapes; never a rule of the trade.
"""
