"""The places of a mailbox's days in Lua (G6): counted when records change, booked for a whole
distribution at once, moved when an email leaves on another day than planned.

A day's counter is the number of places that records hold on it and that distributions have booked
for records still to be made. What changes a record's places changes the counters in the same step.
"""

from bot.domain.daily_limit import MOST_A_DAY

# An enrolment's days are read by pattern; see `enrolments`.
PLACES = (
    f"local MOST = {MOST_A_DAY}"
    + """
local function days_of(mailbox) return 'day:'..T..':'..mailbox end
local function days_in(body) return string.match(body, '^%d+:([%d,]*):') or '' end
local function room(key, day)
  local most = redis.call('HGET', key, 'L'..day) or redis.call('HGET', key, 'L') or MOST
  return tonumber(most) - tonumber(redis.call('HGET', key, day) or '0')
end
local function count(key, day, by)
  if by == 0 or (by < 0 and redis.call('HEXISTS', key, day) == 0) then return end
  if redis.call('HINCRBY', key, day, by) <= 0 then redis.call('HDEL', key, day) end
end
local function booked_by(mailbox, distribution)
  local found = redis.call('HGET', 'booked:'..T, mailbox..'/'..distribution)
  if not found then return nil end
  local days = {}
  for day, n in string.gmatch(found, '(%d+)=(%d+)') do days[day] = tonumber(n) end
  return days
end
local function keep_booked(mailbox, distribution, days)
  local left, field = {}, mailbox..'/'..distribution
  for day, n in pairs(days) do if n > 0 then left[#left + 1] = day..'='..n end end
  if #left == 0 then redis.call('HDEL', 'booked:'..T, field)
  else redis.call('HSET', 'booked:'..T, field, table.concat(left, ',')) end
end
"""
)

# How a change of records moves places: by how many each day, and what is taken from bookings.
# Nothing is written before all of it has room.
CHANGED_PLACES = (
    PLACES
    + """
local function changed_places(records)
  local moves = {days = {}, booked = {}}
  for _, each in ipairs(records) do
    local before = each.old and string.match(each.old, '^%d+:%d+:([%d,]*):') or ''
    local after = each.mailbox and days_in(each.body) or ''
    if each.mailbox and before ~= after then
      moves.mailbox = each.mailbox
      for day in string.gmatch(before, '%d+') do moves.days[day] = (moves.days[day] or 0) - 1 end
      local of = before == '' and each.distribution
      if of and moves.booked[of] == nil then
        moves.booked[of] = booked_by(each.mailbox, of) or false
      end
      local booked = of and moves.booked[of] or {}
      for day in string.gmatch(after, '%d+') do
        if (booked[day] or 0) > 0 then booked[day] = booked[day] - 1
        else moves.days[day] = (moves.days[day] or 0) + 1 end
      end
    end
  end
  return moves
end
local function full_day(moves)
  for day, by in pairs(moves.days) do
    if by > 0 and room(days_of(moves.mailbox), day) < by then return tonumber(day) end
  end
end
local function move_places(moves)
  for day, by in pairs(moves.days) do count(days_of(moves.mailbox), day, by) end
  for of, booked in pairs(moves.booked) do
    if booked then keep_booked(moves.mailbox, of, booked) end
  end
end
"""
)

# Whether the email that leaves next has a place today, and the record as it is then; one of another
# day is moved when there is room, which counts as a change of the record. An email without any
# place takes none.
PLACE_TODAY = (
    PLACES
    + """
local function has_place(mailbox, id, value, today)
  local rev, next, days, rest = string.match(value, '^(%d+):(%d+):([%d,]*):(.*)$')
  local moved, at, from = {}, 0, ''
  for day in string.gmatch(days..',', '(%d*),') do
    at = at + 1
    moved[at] = day
    if at == tonumber(next) then from, moved[at] = day, today end
  end
  if from == '' or from == today then return true, value end
  if room(days_of(mailbox), today) < 1 then return false, value end
  count(days_of(mailbox), from, -1)
  count(days_of(mailbox), today, 1)
  local head = string.format('%d:%s:%s:', tonumber(rev) + 1, next, table.concat(moved, ','))
  redis.call('HSET', enrolments_of(mailbox), id, head..rest)
  return true, head..rest
end
"""
)

# ARGV: mailbox, distribution, today, the moment of the job, its key and data, then day and number
# of each day wanted. What the distribution had booked before is given back first. Returns day and
# number of what is short; nothing is booked then.
BOOK = """
local key, distribution = days_of(ARGV[1]), ARGV[2]
for _, field in ipairs(redis.call('HKEYS', key)) do
  local day = string.match(field, '%d+')
  if day and tonumber(day) < tonumber(ARGV[3]) - 2 then redis.call('HDEL', key, field) end
end
for day, n in pairs(booked_by(ARGV[1], distribution) or {}) do count(key, day, -n) end
keep_booked(ARGV[1], distribution, {})
local wanted, short = {}, {}
for i = 7, #ARGV, 2 do
  local day, missing = ARGV[i], tonumber(ARGV[i + 1]) - room(key, ARGV[i])
  wanted[day] = tonumber(ARGV[i + 1])
  if missing > 0 then short[#short + 1], short[#short + 2] = day, missing end
end
if #short > 0 then return short end
for day, n in pairs(wanted) do count(key, day, n) end
keep_booked(ARGV[1], distribution, wanted)
queue({key = ARGV[5], data = ARGV[6]}, ARGV[4])
return short
"""

# ARGV: mailbox, distribution.
RELEASE = """
for day, n in pairs(booked_by(ARGV[1], ARGV[2]) or {}) do count(days_of(ARGV[1]), day, -n) end
keep_booked(ARGV[1], ARGV[2], {})
return 1
"""

# ARGV: mailbox, the limit of every day, then day and limit of days of their own.
LIMIT = """
local key = days_of(ARGV[1])
for _, field in ipairs(redis.call('HKEYS', key)) do
  if string.sub(field, 1, 1) == 'L' then redis.call('HDEL', key, field) end
end
redis.call('HSET', key, 'L', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HSET', key, 'L'..ARGV[i], ARGV[i + 1]) end
return 1
"""
