"""The Lua scripts of the job queue; what `scripts` says holds here too."""

from bot.storage import scripts
from bot.storage.lanes import LANES, TAG

# ARGV: the moment, then key and data of each job.
PUT_JOBS = (
    scripts.QUEUE
    + """
local soon
for i = 2, #ARGV, 2 do
  local key = ARGV[i]
  queue({key = key, data = ARGV[i + 1]}, ARGV[1])
  local at = redis.call('HGET', 'again:'..T, key)
    or redis.call('ZSCORE', 'jobs:'..T, key)
  if not soon or tonumber(at) < tonumber(soon) then soon = at end
end
return soon
"""
)

# ARGV: now, most, lease, token. Returns {next moment, {key, data, attempt}…}.
TAKE_JOBS = (
    TAG
    + LANES
    + """
local expiry = string.format('%.0f', tonumber(ARGV[1]) + tonumber(ARGV[3]))
local taken = {}
local keys = redis.call('ZRANGEBYSCORE', 'jobs:'..T, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do
  redis.call('ZADD', 'jobs:'..T, expiry, key)
  redis.call('HSET', 'held:'..T, key, ARGV[4])
  local attempt = redis.call('HINCRBY', 'tries:'..T, key, 1)
  taken[#taken + 1] = {key, redis.call('HGET', 'job:'..T, key), attempt}
end
return {soonest('jobs:'), taken}
"""
)

# ARGV: key, token, when again ('' for done), 1 to forget the attempts. A job that was queued again
# while somebody worked on it runs once more: what it was queued for may have come too late. Returns
# the shard's next moment.
END_JOB = (
    TAG
    + LANES
    + """
local key, again = ARGV[1], ARGV[3]
if redis.call('HGET', 'held:'..T, key) ~= ARGV[2] then return soonest('jobs:') end
redis.call('HDEL', 'held:'..T, key)
local asked = redis.call('HGET', 'again:'..T, key)
redis.call('HDEL', 'again:'..T, key)
if asked and (again == '' or tonumber(asked) < tonumber(again)) then again = asked end
if asked or ARGV[4] == '1' then redis.call('HDEL', 'tries:'..T, key) end
if again == '' then
  redis.call('ZREM', 'jobs:'..T, key)
  redis.call('HDEL', 'job:'..T, key)
  redis.call('HDEL', 'tries:'..T, key)
else
  redis.call('ZADD', 'jobs:'..T, again, key)
end
return soonest('jobs:')
"""
)
