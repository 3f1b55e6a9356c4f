"""The Lua script that counts what falls due, from the index the claims are taken from."""

from bot.storage.lanes import TAG

# ARGV: lane, then moments in order. Returns how many of its emails fall due from each of them up to
# the next; one count less than there are moments.
DUE = (
    TAG
    + """
local lane, counts = 'q:'..T..':'..ARGV[1], {}
for i = 2, #ARGV - 1 do
  counts[i - 1] = redis.call('ZCOUNT', lane, ARGV[i], '('..ARGV[i + 1])
end
return counts
"""
)
