"""The Lua scripts: each is one step of the store. KEYS[1] is the shard's hash tag; times are
milliseconds given by the caller, never the server's own.

A script whose answer was lost may have happened. None of them is ever repeated blindly (see
`connection`), and each is safe if it is: saves compare the rev, settling compares the fence, claims
and jobs that nobody heard of come back when their lease runs out.
"""

from bot.storage.place_scripts import CHANGED_PLACES, PLACE_TODAY

TAG = """
local T = KEYS[1]
"""

# Queues a job, or brings a queued one forward. One that is being worked on is noted, and runs once
# more at the earliest moment asked for: what it is needed for may have come too late for this run.
QUEUE = (
    TAG
    + """
local function queue(job, at)
  if redis.call('HSETNX', 'job:'..T, job.key, job.data) == 1 then
    redis.call('ZADD', 'jobs:'..T, at, job.key)
  elseif redis.call('HEXISTS', 'held:'..T, job.key) == 1 then
    local asked = redis.call('HGET', 'again:'..T, job.key)
    if not asked or tonumber(at) < tonumber(asked) then
      redis.call('HSET', 'again:'..T, job.key, at)
    end
  else
    redis.call('ZADD', 'jobs:'..T, 'LT', at, job.key)
  end
end
"""
)

# What the save and settle scripts share: checking revs, writing records, queueing jobs.
_COMMON = (
    QUEUE
    + CHANGED_PLACES
    + """
local function revision(key)
  local value = redis.call('GET', key)
  if not value then return 0 end
  return tonumber(string.match(value, '^(%d+):'))
end
local function conflicts(records)
  for _, each in ipairs(records) do
    if revision(each.key) ~= each.rev then return true end
  end
  return false
end
local function unqueue(member, mailbox, enrolment)
  redis.call('ZREM', 'due:'..T, member)
  redis.call('ZREM', 'q:'..T..':'..mailbox, enrolment)
  redis.call('ZREM', 'q:'..T..':'..mailbox..'~relay', enrolment)
  redis.call('SREM', 'relay:'..T, member)
end
local function place(send)
  unqueue(send.member, send.mailbox, send.enrolment)
  if send.due == '' then return end
  redis.call('ZADD', 'due:'..T, send.due, send.member)
  if send.by_relay then redis.call('SADD', 'relay:'..T, send.member) end
end
local function write(records, jobs, at)
  for _, each in ipairs(records) do
    redis.call('SET', each.key, string.format('%d:%s:%s', each.rev + 1, each.head, each.json))
    if each.list and each.rev == 0 then redis.call('ZADD', each.list, 'NX', at, each.id) end
    local send = each.send
    if send then
      for _, id in ipairs(send.ids) do
        redis.call('HSET', 'mid:'..T, send.mailbox..'|'..id, send.enrolment)
      end
      if each.rev == 0 then
        local field = send.mailbox..'|'..send.address
        local known = redis.call('HGET', 'addr:'..T, field)
        local all = known and known..','..send.enrolment or send.enrolment
        redis.call('HSET', 'addr:'..T, field, all)
      end
    end
  end
  for _, job in ipairs(jobs) do queue(job, at) end
end
local function wake(lane)
  if redis.call('EXISTS', 'q:'..T..':'..lane) == 1 then
    local next = redis.call('HGET', 'pace:'..T, lane) or '0'
    redis.call('ZADD', 'ready:'..T, 'NX', next, lane)
  end
end
local function end_claim(member, mailbox)
  local lane = redis.call('SREM', 'by-relay:'..T, member) == 1 and mailbox..'~relay' or mailbox
  redis.call('HDEL', 'claim:'..T, member)
  redis.call('ZREM', 'lease:'..T, member)
  if redis.call('HINCRBY', 'flying:'..T, lane, -1) <= 0 then
    redis.call('HDEL', 'flying:'..T, lane)
  end
  wake(lane)
end
"""
)

# ARGV: JSON of {records, jobs}, and the moment. An enrolment under a claim keeps its place:
# settling decides where it stands.
SAVE = (
    _COMMON
    + """
local change = cjson.decode(ARGV[1])
if conflicts(change.records) then return 0 end
local moves = changed_places(change.records)
local full = full_day(moves)
if full then return -full end
move_places(moves)
write(change.records, change.jobs, ARGV[2])
for _, each in ipairs(change.records) do
  local send = each.send
  if send and redis.call('HEXISTS', 'claim:'..T, send.member) == 0 then place(send) end
end
return 1
"""
)

# ARGV: the same, and the claim's member, mailbox and fence.
SETTLE = (
    _COMMON
    + """
local change = cjson.decode(ARGV[1])
local member, mailbox, fence = ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', 'claim:'..T, member) ~= fence then return -1 end
if conflicts(change.records) then return 0 end
local moves = changed_places(change.records)
local full = full_day(moves)
if full then return -full end
move_places(moves)
write(change.records, change.jobs, ARGV[2])
end_claim(member, mailbox)
for _, each in ipairs(change.records) do
  if each.send then place(each.send) end
end
return 1
"""
)

# ARGV: member, mailbox, enrolment, fence, due (or ''), the record's key, the rev `due` was read at,
# and 1 for an email that leaves by SMTP. A record that moved since is read again by the caller
# (-1): saving left its place to us.
LET_GO = (
    _COMMON
    + """
local member, mailbox, enrolment, fence, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', 'claim:'..T, member) ~= fence then return 0 end
if revision(ARGV[6]) ~= tonumber(ARGV[7]) then return -1 end
end_claim(member, mailbox)
place({member = member, mailbox = mailbox, enrolment = enrolment, due = due,
  by_relay = ARGV[8] == '1'})
return 1
"""
)

# ARGV: JSON of the record as for saving. Gone from every list and index; a claim on it is let go by
# whoever holds it or takes it over.
DELETE = (
    _COMMON
    + """
local gone = cjson.decode(ARGV[1])
if gone.send then  -- what is still to leave gives its place back
  local next, days = string.match(head_in(redis.call('GET', gone.key)), '^([1-9]%d*);(.*)$')
  local at = 0
  for day in string.gmatch((days or '')..',', '(%d*),') do
    at = at + 1
    local waits = next and day ~= '' and at >= tonumber(next)
    if waits then count(days_of(gone.send.mailbox), day, -1) end
  end
end
redis.call('DEL', gone.key)
if gone.list then redis.call('ZREM', gone.list, gone.id) end
local send = gone.send
if not send then return 1 end
unqueue(send.member, send.mailbox, send.enrolment)
for _, id in ipairs(send.ids) do redis.call('HDEL', 'mid:'..T, send.mailbox..'|'..id) end
local field, left = send.mailbox..'|'..send.address, {}
for each in string.gmatch(redis.call('HGET', 'addr:'..T, field) or '', '[^,]+') do
  if each ~= send.enrolment then left[#left + 1] = each end
end
if #left == 0 then redis.call('HDEL', 'addr:'..T, field)
else redis.call('HSET', 'addr:'..T, field, table.concat(left, ',')) end
return 1
"""
)

# When a shard has something next, in milliseconds; -1 for never.
SOONEST = (
    TAG
    + """
local function soonest(names)
  local soon = -1
  for _, name in ipairs(names) do
    local first = redis.call('ZRANGE', name..T, 0, 0, 'WITHSCORES')
    if first[2] and (soon < 0 or tonumber(first[2]) < soon) then soon = tonumber(first[2]) end
  end
  return string.format('%.0f', soon)
end
"""
)

# For each of the shards in KEYS: when it has an email, and when it has a job, to look at next; and
# how many are in work.
LOOK = (
    SOONEST
    + """
local told = {}
for i, tag in ipairs(KEYS) do
  T = tag
  local in_work = redis.call('HLEN', 'claim:'..T) + redis.call('HLEN', 'held:'..T)
  told[i] = {soonest({'lease:', 'due:', 'ready:'}), soonest({'jobs:'}), in_work}
end
return told
"""
)

# ARGV: now, most, pace, in flight, lease, fence prefix, most moves, in flight by SMTP, today.
# Returns {next moment, claims…}, a claim being {member, fence, recovered, full}; a full one found
# no place on the day, keeps no pace and is to be planned anew. The intent is written before it
# is returned; moves from due to queue are capped, or one full day would block the server. What
# leaves by SMTP waits in a lane of its own beside its mailbox's, without pace.
CLAIM = (
    SOONEST
    + PLACE_TODAY
    + """
local now, most, pace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local in_flight, lease = tonumber(ARGV[4]), tonumber(ARGV[5])
local expiry = string.format('%.0f', now + lease)
local claims = {}
local function hand_out(member, recovered, full)
  local fence = ARGV[6]..'.'..redis.call('INCR', 'fence:'..T)
  redis.call('HSET', 'claim:'..T, member, fence)
  redis.call('ZADD', 'lease:'..T, expiry, member)
  claims[#claims + 1] = {member, fence, recovered, full}
end
local function until_now(name, ...)
  return redis.call('ZRANGEBYSCORE', name..T, '-inf', ARGV[1], ...)
end
for _, member in ipairs(until_now('lease:', 'LIMIT', 0, most)) do hand_out(member, 1, 0) end
local due = until_now('due:', 'WITHSCORES', 'LIMIT', 0, ARGV[7])
for i = 1, #due, 2 do
  local mailbox, enrolment = string.match(due[i], '^(.-)/(.+)$')
  redis.call('ZREM', 'due:'..T, due[i])
  local relay = redis.call('SREM', 'relay:'..T, due[i]) == 1
  local lane = relay and mailbox..'~relay' or mailbox
  redis.call('ZADD', 'q:'..T..':'..lane, due[i + 1], enrolment)
  redis.call('ZADD', 'ready:'..T, 'NX', redis.call('HGET', 'pace:'..T, lane) or '0', lane)
end
for _, lane in ipairs(until_now('ready:', 'LIMIT', 0, most)) do
  if #claims >= most then break end
  redis.call('ZREM', 'ready:'..T, lane)
  local mailbox, relay = string.gsub(lane, '~relay$', '')
  local room = relay == 1 and tonumber(ARGV[8]) or in_flight
  local flying = tonumber(redis.call('HGET', 'flying:'..T, lane) or '0')
  local next = flying < room and redis.call('ZPOPMIN', 'q:'..T..':'..lane) or {}
  if next[1] then
    local member = mailbox..'/'..next[1]
    redis.call('HINCRBY', 'flying:'..T, lane, 1)
    local later, full = ARGV[1], 0
    if relay == 1 then redis.call('SADD', 'by-relay:'..T, member)
    elseif not has_place(mailbox, next[1], ARGV[9]) then full = 1
    else
      later = string.format('%.0f', now + pace)
      redis.call('HSET', 'pace:'..T, lane, later)
    end
    if redis.call('EXISTS', 'q:'..T..':'..lane) == 1 then
      redis.call('ZADD', 'ready:'..T, later, lane)
    end
    hand_out(member, 0, full)
  end
end
return {soonest({'lease:', 'due:', 'ready:'}), claims}
"""
)
