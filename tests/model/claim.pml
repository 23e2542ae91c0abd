/* A model of src/claim/claim.h: two relays, one room, one store. Each step is one action of a relay, of the network or of
   time. A write is sent, and may reach the store at any later time or never, and its reply may be lost. A relay may give up
   a renewal and send the next one while the first is still on its way. A session may be read as it was before.

   Time is counted in ticks: a relay serves for SERVE ticks after it sent an accepted renewal, and the other one ends its
   session after LEASE ticks without a new revision. All clocks run at the same rate. A session is not opened again. Each
   key has a last revision, after which no write to it is sent.

   tests/model/run checks in all states that at most one relay serves the room. */
#define N 2
#define SERVE 1
#define LEASE 2
#define SESSIONS 2
#define ROOMS 3
#define NOBODY N
#define NONE 15

/* The store. */
byte session_revision[N];
bool dead[N];
byte room_revision, room_owner = NOBODY;

/* Each relay: its session. */
byte renewed[N] = 1; /* the last revision that is known to be ours */
byte serve[N] = SERVE;
byte renewal[N] = NONE, renewal_age[N]; /* under way: the revision that it replaces */
byte old_renewal[N] = NONE;             /* given up, and may still arrive */
/* What it knows about the others. */
byte seen[N * N] = NONE, seen_age[N * N];
bool known_dead[N * N];
/* The room. */
byte take[N] = NONE; /* a write that is under way, or given up: the revision that it replaces */
byte take_to[N];     /* the owner that it writes */
bool held[N];
byte held_revision[N];

#define SERVES(i) (held[i] && serve[i] > 0)

inline check() {
	assert(!(SERVES(0) && SERVES(1)))
}

inline tick() {
	j = 0;
	do
	:: j < N -> serve[j] = (serve[j] > 0 -> serve[j] - 1 : 0);
		renewal_age[j] = (renewal[j] != NONE && renewal_age[j] < SERVE -> renewal_age[j] + 1 : renewal_age[j]); j++
	:: else -> break
	od;
	j = 0;
	do
	:: j < N * N -> seen_age[j] = (seen[j] != NONE && seen_age[j] < LEASE -> seen_age[j] + 1 : seen_age[j]); j++
	:: else -> break
	od;
	j = 0
}

init {
	byte i, j, r;
	d_step {
		do
		:: i < N -> session_revision[i] = 1; i++
		:: else -> break
		od
	}
	do
	:: atomic { tick() }
	:: atomic {
		if
		:: i = 0
		:: i = 1
		fi;
		if
		/* Our session: send a renewal; it arrives; its reply arrives; give up and read. */
		:: renewal[i] == NONE && renewed[i] < SESSIONS -> renewal[i] = renewed[i]; renewal_age[i] = 0
		:: renewal[i] != NONE && renewal[i] == session_revision[i] && !dead[i] ->
			session_revision[i]++;
			if
			:: renewed[i] = session_revision[i];
				serve[i] = (SERVE - renewal_age[i] > serve[i] -> SERVE - renewal_age[i] : serve[i])
			:: skip
			fi;
			renewal[i] = NONE; renewal_age[i] = 0
		:: renewal[i] != NONE && old_renewal[i] == NONE -> old_renewal[i] = renewal[i]; renewal[i] = NONE; renewal_age[i] = 0
		:: renewal[i] == NONE && renewed[i] != session_revision[i] && !dead[i] -> renewed[i] = session_revision[i]
		:: old_renewal[i] != NONE ->
			session_revision[i] = (old_renewal[i] == session_revision[i] && !dead[i] -> session_revision[i] + 1 : session_revision[i]);
			old_renewal[i] = NONE

		/* Another relay's session: read it, now or as it was; end it. */
		:: j = (i + 1) % N; r = i * N + j;
			if
			:: dead[j] -> known_dead[r] = true
			:: !dead[j] && seen[r] != session_revision[j] -> seen[r] = session_revision[j]; seen_age[r] = 0
			:: seen[r] != NONE && seen[r] > 1 -> seen[r] = seen[r] - 1; seen_age[r] = 0
			:: seen[r] != NONE && seen_age[r] == LEASE && seen[r] == session_revision[j] && !dead[j] ->
				dead[j] = true /* the reply is lost, or it is read */
			:: else -> skip
			fi;
			j = 0; r = 0

		/* The room: take it when it is free, ours, or a dead relay's; give it to another; free it. */
		:: take[i] == NONE && serve[i] > 0 && !held[i] && room_revision < ROOMS &&
			(room_owner == NOBODY || room_owner == i || known_dead[i * N + room_owner]) ->
			take[i] = room_revision; take_to[i] = i
		:: take[i] == NONE && held[i] && room_revision < ROOMS ->
			held[i] = false; take[i] = held_revision[i];
			if
			:: take_to[i] = NOBODY
			:: take_to[i] = (i + 1) % N
			fi
		:: take[i] != NONE && take[i] == room_revision ->
			room_revision++; room_owner = take_to[i];
			if
			/* The reply comes, or not. */
			:: take_to[i] == i -> held[i] = true; held_revision[i] = room_revision
			:: skip
			fi;
			take[i] = NONE; take_to[i] = 0
		:: take[i] != NONE && take[i] != room_revision -> take[i] = NONE; take_to[i] = 0
		:: else -> skip
		fi;
		i = 0;
		check()
	}
	od
}
