"""Lanes: where enrolments wait for their mailbox, and who may take one (Lua).

A lane is MAILBOX, or MAILBOX~relay for what leaves by SMTP: it waits beside its mailbox's own
queue, with room of its own and without pace. `ready` says when a lane is worth a look: when its
first email is due, or its pace allows one. A lane without room is in it no more; whoever makes room
wakes it. `wake_all` says when the first of them is worth a look, -1 for never.
"""

TAG = """
local T = KEYS[1]
"""

# `soonest` says when a shard has something next, in milliseconds; -1 for never.
LANES = """
local function soonest(...)
  local soon = -1
  for _, name in ipairs({...}) do
    local first = redis.call('ZRANGE', name..T, 0, 0, 'WITHSCORES')
    if first[2] and (soon < 0 or tonumber(first[2]) < soon) then soon = tonumber(first[2]) end
  end
  return string.format('%.0f', soon)
end
local function enrolments_of(mailbox) return 'e:'..T..':'..mailbox end
local function lane_of(mailbox, relay) return relay and mailbox..'~relay' or mailbox end
local function wake_at(lane, due, paced)
  if not due then
    redis.call('ZREM', 'ready:'..T, lane)
    return nil
  end
  if paced and tonumber(paced) > tonumber(due) then due = paced end
  redis.call('ZADD', 'ready:'..T, due, lane)
  return tonumber(due)
end
local function wake(lane)
  local first = redis.call('ZRANGE', 'q:'..T..':'..lane, 0, 0, 'WITHSCORES')
  return wake_at(lane, first[2], first[2] and redis.call('HGET', 'pace:'..T, lane))
end
local function wake_all(touched)
  local soon = -1
  for lane in pairs(touched) do
    local at = wake(lane)
    if at and (soon < 0 or at < soon) then soon = at end
  end
  return string.format('%.0f', soon)
end
local function unqueue(send, touched)
  for _, lane in ipairs({send.mailbox, send.mailbox..'~relay'}) do
    if redis.call('ZREM', 'q:'..T..':'..lane, send.id) == 1 then touched[lane] = true end
  end
end
local function queue_up(send, touched)
  if send.due == '' then return end
  local lane = lane_of(send.mailbox, send.relay)
  redis.call('ZADD', 'q:'..T..':'..lane, send.due, send.id)
  touched[lane] = true
end
local function end_claim(mailbox, id, fence, touched)
  local lane, member = lane_of(mailbox, string.sub(fence, -1) == 'r'), mailbox..'/'..id
  redis.call('HDEL', 'claim:'..T, member)
  redis.call('ZREM', 'lease:'..T, member)
  redis.call('HINCRBY', 'flying:'..T, lane, -1)
  touched[lane] = true
end
"""

# How many requests of a mailbox are under way beside its claims; and until when at most.
CALLS = """
local function calls_of(mailbox) return 'calls:'..T..':'..mailbox end
local function calling(mailbox, now)
  local calls = calls_of(mailbox)
  if redis.call('EXISTS', calls) == 0 then return 0 end
  redis.call('ZREMRANGEBYSCORE', calls, '-inf', now)
  return redis.call('ZCARD', calls)
end
local function flying(lane) return tonumber(redis.call('HGET', 'flying:'..T, lane) or '0') end
"""

# ARGV: mailbox, token, now, until, most. Returns 1 for a place among the requests of a mailbox.
TAKE_CALL = (
    TAG
    + CALLS
    + """
local mailbox, calls = ARGV[1], calls_of(ARGV[1])
if redis.call('ZSCORE', calls, ARGV[2]) then return 1 end
if calling(mailbox, ARGV[3]) + flying(mailbox) >= tonumber(ARGV[5]) then return 0 end
redis.call('ZADD', calls, ARGV[4], ARGV[2])
return 1
"""
)

# ARGV: mailbox, when the next turn is by the claim's own, and by one at this moment. Returns 1, or
# 0 where another turn came since.
KEEP_TURN = (
    TAG
    + LANES
    + """
local paced = redis.call('HGET', 'pace:'..T, ARGV[1])
if paced and tonumber(paced) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', 'pace:'..T, ARGV[1], ARGV[3])
wake(ARGV[1])
return 1
"""
)

# ARGV: mailbox, token. Returns the shard's next moment.
END_CALL = (
    TAG
    + LANES
    + """
if redis.call('ZREM', 'calls:'..T..':'..ARGV[1], ARGV[2]) == 1 then wake(ARGV[1]) end
return soonest('lease:', 'ready:')
"""
)

# ARGV: mailbox, when its sweep began ('' while it goes on), and up to when its mail was read.
# Returns the shard's next moment.
SWEPT = (
    TAG
    + LANES
    + """
local mailbox = ARGV[1]
if tonumber(ARGV[3]) > tonumber(redis.call('HGET', 'read-to:'..T, mailbox) or '0') then
  redis.call('HSET', 'read-to:'..T, mailbox, ARGV[3])
end
if ARGV[2] == '' then return soonest('lease:', 'ready:') end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', 'swept:'..T, mailbox) or '0') then
  redis.call('HSET', 'swept:'..T, mailbox, ARGV[2])
end
redis.call('HDEL', 'sweeping:'..T, mailbox)
wake(mailbox)
wake(mailbox..'~relay')
return soonest('lease:', 'ready:')
"""
)
