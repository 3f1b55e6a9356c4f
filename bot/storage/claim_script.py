"""The Lua script that hands out due emails."""

from bot.storage.lanes import CALLS, LANES, TAG
from bot.storage.place_scripts import PLACE_TODAY

# ARGV: now, most, pace, in flight, lease, fence prefix, in flight by SMTP, today; and how old a
# sweep may be behind which a follow-up leaves, how old without asking for the next, how long to
# wait for one that was asked for. Returns {next moment, claims, to sweep}, a claim being {member,
# fence, recovered, full, record}, and what is to be swept {mailbox, a record of its}; a full one
# found no place on the day, keeps no pace and is to be planned anew. The intent is written before
# it is returned.
CLAIM = (
    TAG
    + LANES
    + CALLS
    + PLACE_TODAY
    + """
local now, most, pace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local in_flight, expiry = tonumber(ARGV[4]), string.format('%.0f', now + tonumber(ARGV[5]))
local oldest, soon, patience = now - tonumber(ARGV[9]), now - tonumber(ARGV[10]), now + ARGV[11]
local claims, stale = {}, {}
local function hand_out(mailbox, id, relay, recovered, full, value)
  local member = mailbox..'/'..id
  local fence = ARGV[6]..'.'..#claims..(relay and 'r' or '')
  redis.call('HSET', 'claim:'..T, member, fence)
  redis.call('ZADD', 'lease:'..T, expiry, member)
  claims[#claims + 1] = {member, fence, recovered, full, value}
end
local function until_now(name, ...)
  return redis.call('ZRANGEBYSCORE', name, '-inf', ARGV[1], ...)
end
local function later(lane, at)
  redis.call('ZADD', 'ready:'..T, string.format('%.0f', at), lane)
end
local function is_fresh(mailbox, value)
  if tonumber(string.match(value, '^%d+:(%d+):')) < 2 then return true end
  local swept = tonumber(redis.call('HGET', 'swept:'..T, mailbox) or '0')
  if swept < soon then
    local asked = redis.call('HGET', 'sweeping:'..T, mailbox)
    if not asked or tonumber(asked) <= now then
      redis.call('HSET', 'sweeping:'..T, mailbox, string.format('%.0f', patience))
      stale[#stale + 1] = {mailbox, value}
    end
  end
  return swept >= oldest
end
local function has_room(mailbox, lane, relay)
  if relay then return flying(lane) < tonumber(ARGV[7]) end
  return flying(lane) + calling(mailbox, ARGV[1]) < in_flight
end
local function park(mailbox, lane, relay)
  local first = redis.call('ZRANGE', calls_of(mailbox), 0, 0, 'WITHSCORES')
  if relay or not first[2] then redis.call('ZREM', 'ready:'..T, lane)
  else later(lane, tonumber(first[2])) end
end
local function take(mailbox, lane, relay, id, value, due_behind)
  redis.call('ZREM', 'q:'..T..':'..lane, id)
  redis.call('HINCRBY', 'flying:'..T, lane, 1)
  local full, paced = 0, nil
  if not relay then
    local placed, moved = has_place(mailbox, id, value, ARGV[8])
    value = moved
    if placed then
      paced = string.format('%.0f', now + pace)
      redis.call('HSET', 'pace:'..T, lane, paced)
    else full = 1 end
  end
  hand_out(mailbox, id, relay, 0, full, value)
  wake_at(lane, due_behind, paced or redis.call('HGET', 'pace:'..T, lane))
end
for _, member in ipairs(until_now('lease:'..T, 'LIMIT', 0, most)) do
  local mailbox, id = string.match(member, '^(.-)/(.*)$')
  local relay = string.sub(redis.call('HGET', 'claim:'..T, member), -1) == 'r'
  hand_out(mailbox, id, relay, 1, 0, redis.call('HGET', enrolments_of(mailbox), id) or '')
end
for _, lane in ipairs(until_now('ready:'..T, 'LIMIT', 0, most)) do
  if #claims >= most then break end
  local mailbox, many = string.gsub(lane, '~relay$', '')
  local relay = many == 1
  local id, due, _, due_behind =
    unpack(redis.call('ZRANGE', 'q:'..T..':'..lane, 0, 1, 'WITHSCORES'))
  if due and tonumber(due) > now then id = nil end
  local value = id and redis.call('HGET', enrolments_of(mailbox), id)
  if not has_room(mailbox, lane, relay) then park(mailbox, lane, relay)
  elseif not value then
    if id then redis.call('ZREM', 'q:'..T..':'..lane, id) end
    wake(lane)
  elseif not is_fresh(mailbox, value) then later(lane, patience)
  else take(mailbox, lane, relay, id, value, due_behind) end
end
return {soonest('lease:', 'ready:'), claims, stale}
"""
)
