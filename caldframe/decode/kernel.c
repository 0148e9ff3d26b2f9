/* Calls that fit, at once: JSON text to columns.
 *
 * An entry of `calls` fits if it is JSON by the standard, each name stands in it once, and each value is of the
 * type that its column holds, without a doubt. Of any other entry this only tells where it stands: whoever reads
 * it with care decides what it is. So nothing here needs to know what a problem is, and being too strict costs
 * time but never a value.
 *
 * All places are offsets into one block of text, which is at most 1 GiB long. Nothing outside of it is read.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

/* Texts of a call, texts of a turn; the same order as in kernel.py. */
enum { CALL_ID, DIRECTION, FROM, TO, PROSPECT, RESULT, RECORDING, CALL_EXTRA, CALL_TEXTS };
enum { ROLE, CONTENT, TURN_EXTRA, TURN_TEXTS };
enum { TURN_CALL_ID = CALL_TEXTS + TURN_TEXTS, TEXTS };

enum { FALSE_FLAG, TRUE_FLAG, NULL_FLAG };

#define NO_TIME INT64_MIN
#define NO_TEXT UINT32_MAX
#define MOST_EXTRAS 64
#define DEEPEST 100

/* A text: where it stands between its quotation marks, how long it is as written, and how long as meant. What is
 * meant is shorter exactly where there are backslashes. Of an extra, the first of its pieces and how many. */
typedef struct {
    uint32_t begin, written, meant;
} Text;

/* A member under an unknown name: the name with its quotation marks, and the value. */
typedef struct {
    uint32_t name, name_length, value, value_length;
} Piece;

/* An entry that needs care: which one of the block, and where it stands. */
typedef struct {
    int64_t entry, begin, end;
} Odd;

/* A number with more digits than this can read exactly: of which call, and where. */
typedef struct {
    int64_t call, begin, end;
} LongNumber;

/* What is read of a block: how many entries and rows, the columns that are no texts (NO_TIME, NAN and NULL_FLAG for
 * null), and how long each column of texts is. The members up to `sizes` are known to kernel.py by their order. */
typedef struct {
    int64_t entries, calls, turns, odds, long_numbers;
    int64_t *entry_of_call, *created_at, *completed_at;
    double *call_length;
    int32_t *turns_of_call, *turn;
    int8_t *completed;
    Odd *odd;
    LongNumber *long_number;
    int64_t sizes[TEXTS];

    const uint8_t *text;
    Text *call_texts[CALL_TEXTS], *turn_texts[TURN_TEXTS];
    Piece *pieces;
    int64_t pieces_used, calls_room, turns_room, pieces_room, odds_room, long_numbers_room;
} Block;

typedef struct {
    Block *block;
    const uint8_t *at, *end;
    int out_of_memory;
} Reader;

/* ---- memory ---- */

static int grow(void **array, int64_t room, size_t size)
{
    void *larger = realloc(*array, (size_t)room * size);
    if (larger) *array = larger;
    return larger != NULL;
}

#define GROW(array, room) grow((void **)&(array), room, sizeof *(array))

static int room_for_call(Block *b)
{
    if (b->calls < b->calls_room) return 1;
    int64_t room = b->calls_room * 2;
    int done = GROW(b->entry_of_call, room) && GROW(b->created_at, room) && GROW(b->completed_at, room) &&
               GROW(b->call_length, room) && GROW(b->turns_of_call, room) && GROW(b->completed, room);
    for (int i = 0; done && i < CALL_TEXTS; i++) done = GROW(b->call_texts[i], room);
    if (done) b->calls_room = room;
    return done;
}

static int room_for_turn(Block *b)
{
    if (b->turns < b->turns_room) return 1;
    int64_t room = b->turns_room * 2;
    int done = GROW(b->turn, room);
    for (int i = 0; done && i < TURN_TEXTS; i++) done = GROW(b->turn_texts[i], room);
    if (done) b->turns_room = room;
    return done;
}

static int room_for_pieces(Block *b, int64_t more)
{
    if (b->pieces_used + more <= b->pieces_room) return 1;
    int64_t room = b->pieces_room * 2 + more;
    if (!GROW(b->pieces, room)) return 0;
    b->pieces_room = room;
    return 1;
}

/* ---- JSON: each function steps over what it reads, and gives 0 if it is not there ---- */

static void skip_space(Reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}

static int take(Reader *r, uint8_t character)
{
    if (r->at == r->end || *r->at != character) return 0;
    r->at++;
    return 1;
}

static int take_word(Reader *r, const char *word, size_t length)
{
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0) return 0;
    r->at += length;
    return 1;
}

static int is_digit(const uint8_t *at, const uint8_t *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t code_unit(const uint8_t *at, const uint8_t *end)
{
    int32_t unit = 0;
    if (end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static int utf8_length(uint32_t point)
{
    return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/* How many characters of UTF-8 the escape at a backslash stands for, and how long it is; 0 if it is none. Half of
 * a surrogate pair is one too, of no meaning: its length is counted as 0, for which `halves` counts it. */
static int escape_lengths(const uint8_t *at, const uint8_t *end, int *written, int *halves)
{
    if (end - at < 2) return 0;
    *written = 2;
    switch (at[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return 1;
    case 'u':
        break;
    default:
        return 0;
    }
    int32_t unit = code_unit(at + 2, end);
    if (unit < 0) return 0;
    *written = 6;
    if (unit < 0xD800 || unit > 0xDFFF) return utf8_length((uint32_t)unit);
    int32_t low = unit < 0xDC00 && end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? code_unit(at + 8, end) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) {
        *written = 12;
        return 4;
    }
    *halves += 1;
    return 3;
}

/* How long the character of UTF-8 is that begins with a byte of 0x80 or more; 0 if it is none (RFC 3629). */
static int character_length(const uint8_t *at, const uint8_t *end)
{
    int length = *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF5 ? 4 : 0;
    if (length == 0 || end - at < length) return 0;
    for (int i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    if ((*at == 0xE0 && at[1] < 0xA0) || (*at == 0xED && at[1] > 0x9F)) return 0;
    if ((*at == 0xF0 && at[1] < 0x90) || (*at == 0xF4 && at[1] > 0x8F)) return 0;
    return length;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The bytes that end a run of plain characters: quotation marks, backslashes, control characters, no ASCII. */
static uint64_t special_bytes(uint64_t bytes)
{
    uint64_t quotes = bytes ^ EACH_BYTE('"'), backslashes = bytes ^ EACH_BYTE('\\');
    uint64_t found = ((quotes - EACH_BYTE(1)) & ~quotes) | ((backslashes - EACH_BYTE(1)) & ~backslashes) |
                     ((bytes - EACH_BYTE(0x20)) & ~bytes) | bytes;
    return found & EACH_BYTE(0x80);
}

static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
    for (uint64_t bytes, special; end - at >= 8; at += 8) {
        memcpy(&bytes, at, 8);
        special = special_bytes(bytes);
        if (!special) continue;
#if defined __GNUC__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return at + __builtin_ctzll(special) / 8;
#else
        break;
#endif
    }
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') at++;
    return at;
}

/* A string, valid whatever it says; halves of surrogate pairs are counted. */
static int read_string(Reader *r, Text *text, int *halves)
{
    if (!take(r, '"')) return 0;
    const uint8_t *begin = r->at, *at = begin;
    uint32_t shorter = 0;
    for (;;) {
        at = skip_plain(at, r->end);
        if (at == r->end || *at < 0x20) return 0;
        if (*at == '"') break;
        if (*at == '\\') {
            int written, meant = escape_lengths(at, r->end, &written, halves);
            if (!meant) return 0;
            shorter += (uint32_t)(written - meant);
            at += written;
        } else {
            int length = character_length(at, r->end);
            if (!length) return 0;
            at += length;
        }
    }
    text->begin = (uint32_t)(begin - r->block->text);
    text->written = (uint32_t)(at - begin);
    text->meant = text->written - shorter;
    r->at = at + 1;
    return 1;
}

typedef struct {
    uint64_t digits;
    int whole, decimals, negative, exponent;
} Number;

/* A number: its digits without the point (of too many, the first twenty or so are wrong), how many stand before
 * the point without leading zeros, how many behind it, and whether an exponent follows. */
static int read_number(Reader *r, Number *number)
{
    *number = (Number){0};
    number->negative = take(r, '-');
    if (!is_digit(r->at, r->end)) return 0;
    if (!take(r, '0'))
        for (; is_digit(r->at, r->end); r->at++, number->whole++)
            number->digits = number->digits * 10 + (*r->at - '0');
    if (take(r, '.')) {
        for (; is_digit(r->at, r->end); r->at++, number->decimals++)
            number->digits = number->digits * 10 + (*r->at - '0');
        if (!number->decimals) return 0;
    }
    if (r->at < r->end && (*r->at | 0x20) == 'e') {
        number->exponent = 1;
        r->at++;
        if (!take(r, '+')) take(r, '-');
        if (!is_digit(r->at, r->end)) return 0;
        while (is_digit(r->at, r->end)) r->at++;
    }
    return 1;
}

static int read_any(Reader *r, int depth);

static int read_members(Reader *r, int depth)
{
    Text name;
    int halves = 0;
    skip_space(r);
    if (take(r, '}')) return 1;
    for (;;) {
        if (!read_string(r, &name, &halves)) return 0;
        skip_space(r);
        if (!take(r, ':')) return 0;
        skip_space(r);
        if (!read_any(r, depth)) return 0;
        skip_space(r);
        if (take(r, '}')) return 1;
        if (!take(r, ',')) return 0;
        skip_space(r);
    }
}

static int read_elements(Reader *r, int depth)
{
    skip_space(r);
    if (take(r, ']')) return 1;
    for (;;) {
        if (!read_any(r, depth)) return 0;
        skip_space(r);
        if (take(r, ']')) return 1;
        if (!take(r, ',')) return 0;
        skip_space(r);
    }
}

/* Any value, as long as it is JSON. */
static int read_any(Reader *r, int depth)
{
    Text text;
    Number number;
    int halves = 0;
    if (r->at == r->end || depth > DEEPEST) return 0;
    switch (*r->at) {
    case '"': return read_string(r, &text, &halves);
    case '{': r->at++; return read_members(r, depth + 1);
    case '[': r->at++; return read_elements(r, depth + 1);
    case 'n': return take_word(r, "null", 4);
    case 't': return take_word(r, "true", 4);
    case 'f': return take_word(r, "false", 5);
    default: return read_number(r, &number);
    }
}

/* ---- values of columns ---- */

static const Text NONE = {NO_TEXT, 0, 0};

static int read_text(Reader *r, Text *text)
{
    int halves = 0;
    *text = NONE;
    if (take_word(r, "null", 4)) return 1;
    return read_string(r, text, &halves) && halves == 0;
}

static int equals(const Reader *r, Text text, const char *word)
{
    return text.written == strlen(word) && memcmp(r->block->text + text.begin, word, text.written) == 0;
}

static int is_one_of(const Reader *r, Text text, const char *const *words)
{
    if (text.begin == NO_TEXT) return 1;
    for (; *words; words++)
        if (equals(r, text, *words)) return 1;
    return 0;
}

static int read_flag(Reader *r, int8_t *flag)
{
    *flag = take_word(r, "true", 4) ? TRUE_FLAG : take_word(r, "false", 5) ? FALSE_FLAG : NULL_FLAG;
    return *flag != NULL_FLAG || take_word(r, "null", 4);
}

static const double POWERS_OF_TEN[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Seconds: not negative, below 1e15. A quotient of two numbers that are exact is rounded once, so it is the
 * nearest float64 (Clinger 1990); numbers with more digits are left to others. */
static int read_length(Reader *r, double *length, LongNumber *long_number)
{
    Number number;
    *length = NAN;
    if (take_word(r, "null", 4)) return 1;
    const uint8_t *begin = r->at;
    if (!read_number(r, &number) || number.exponent || number.whole > 15) return 0;
    int zero = number.digits == 0 && number.whole == 0 && number.decimals <= 18;
    if (number.negative && !zero) return 0;
    if (number.whole + number.decimals <= 18 && number.digits <= (UINT64_C(1) << 53)) {
        *length = (double)number.digits / POWERS_OF_TEN[number.decimals];
        if (number.negative) *length = -*length;
    } else {
        long_number->begin = begin - r->block->text;
        long_number->end = r->at - r->block->text;
    }
    return 1;
}

static int two_digits(const uint8_t **at, const uint8_t *end, int most, int *number)
{
    if (!is_digit(*at, end) || !is_digit(*at + 1, end)) return 0;
    *number = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    *at += 2;
    return *number <= most;
}

static int take_one(const uint8_t **at, const uint8_t *end, uint8_t character)
{
    if (*at == end || **at != character) return 0;
    *at += 1;
    return 1;
}

/* Days since 1970 of a date of the Gregorian calendar; years begin in March, so that leap days end them. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static int read_date(const uint8_t **at, const uint8_t *end, int64_t *days)
{
    int century, rest, month, day;
    if (!two_digits(at, end, 99, &century) || !two_digits(at, end, 99, &rest) || !take_one(at, end, '-')) return 0;
    if (!two_digits(at, end, 12, &month) || !take_one(at, end, '-') || !two_digits(at, end, 31, &day)) return 0;
    int year = century * 100 + rest;
    if (year < 1 || month < 1 || day < 1 || day > days_of_month(year, month)) return 0;
    *days = days_since_1970(year, month, day);
    return 1;
}

/* Minutes east of Greenwich. */
static int read_zone(const uint8_t **at, const uint8_t *end, int *zone)
{
    int hours, minutes = 0;
    *zone = 0;
    if (take_one(at, end, 'Z')) return 1;
    int west = take_one(at, end, '-');
    if ((!west && !take_one(at, end, '+')) || !two_digits(at, end, 23, &hours)) return 0;
    int colon = take_one(at, end, ':');
    if ((colon || *at < end) && !two_digits(at, end, 59, &minutes)) return 0;
    *zone = (west ? -1 : 1) * (hours * 60 + minutes);
    return 1;
}

/* A time of RFC 3339 with a zone and at most microseconds, in the years 1 to 9999 of UTC. */
static int read_time(Reader *r, int64_t *microseconds)
{
    Text text;
    *microseconds = NO_TIME;
    if (!read_text(r, &text)) return 0;
    if (text.begin == NO_TEXT) return 1;
    const uint8_t *at = r->block->text + text.begin, *end = at + text.written;
    int64_t days;
    int hour, minute, second = 0, zone, fraction = 0, places = 0;
    if (!read_date(&at, end, &days) || (!take_one(&at, end, 'T') && !take_one(&at, end, ' '))) return 0;
    if (!two_digits(&at, end, 23, &hour) || !take_one(&at, end, ':') || !two_digits(&at, end, 59, &minute)) return 0;
    if (take_one(&at, end, ':')) {
        if (!two_digits(&at, end, 59, &second)) return 0;
        if (take_one(&at, end, '.')) {
            for (; is_digit(at, end) && places < 6; at++, places++) fraction = fraction * 10 + (*at - '0');
            if (!places) return 0;
            for (; places < 6; places++) fraction *= 10;
        }
    }
    if (!read_zone(&at, end, &zone) || at != end) return 0;
    int64_t minutes = days * 1440 + hour * 60 + minute - zone;
    *microseconds = (minutes * 60 + second) * 1000000 + fraction;
    return *microseconds >= INT64_C(-62135596800000000) && *microseconds <= INT64_C(253402300799999999);
}

/* ---- extras ---- */

typedef struct {
    Piece pieces[MOST_EXTRAS];
    int count;
} Extras;

static int read_unknown(Reader *r, Extras *extras, Text name)
{
    const uint8_t *text = r->block->text, *begin = r->at;
    if (extras->count == MOST_EXTRAS || !read_any(r, 0)) return 0;
    Piece piece = {name.begin - 1, name.written + 2, (uint32_t)(begin - text), (uint32_t)(r->at - begin)};
    for (int i = 0; i < extras->count; i++) {
        Piece other = extras->pieces[i];
        if (other.name_length == piece.name_length &&
            memcmp(text + other.name, text + piece.name, piece.name_length) == 0)
            return 0;
    }
    extras->pieces[extras->count++] = piece;
    return 1;
}

static int store_extras(Reader *r, const Extras *extras, Text *text)
{
    Block *b = r->block;
    *text = NONE;
    if (!extras->count) return 1;
    if (!room_for_pieces(b, extras->count)) {
        r->out_of_memory = 1;
        return 0;
    }
    *text = (Text){(uint32_t)b->pieces_used, (uint32_t)extras->count, 1};
    for (int i = 0; i < extras->count; i++) {
        b->pieces[b->pieces_used++] = extras->pieces[i];
        text->meant += extras->pieces[i].name_length + extras->pieces[i].value_length + 2;
    }
    return 1;
}

/* ---- turns and calls ---- */

typedef struct {
    const char *name;
    size_t length;
} Name;

#define NAME(text) {"\"" text "\"", sizeof text + 1}

/* The name of the next member, up to its value: which of the names it is, their number if it is none of them, -1
 * if it is no name, or nobody knows because it is written with backslashes. */
static int read_name(Reader *r, const Name *names, int count, int expected, Text *name)
{
    int which = expected, halves = 0;
    /* Members mostly come in one order. */
    if (!take_word(r, names[expected].name, names[expected].length)) {
        if (!read_string(r, name, &halves) || name->meant != name->written) return -1;
        const uint8_t *quoted = r->block->text + name->begin - 1;
        for (which = 0; which < count; which++)
            if (names[which].length == name->written + 2 && !memcmp(names[which].name, quoted, names[which].length))
                break;
    }
    skip_space(r);
    if (!take(r, ':')) return -1;
    skip_space(r);
    return which;
}

/* Behind a member: 1 if another one follows, 0 if the object ends, -1 if neither is there. */
static int another(Reader *r, uint8_t closer)
{
    skip_space(r);
    if (take(r, closer)) return 0;
    if (!take(r, ',')) return -1;
    skip_space(r);
    return 1;
}

static const Name TURN_NAMES[] = {NAME("role"), NAME("content")};
static const char *const ROLES[] = {"assistant", "user", NULL};

static int read_turn(Reader *r, int32_t number)
{
    Block *b = r->block;
    Text role = NONE, content = NONE, extra, name;
    Extras extras;
    int seen = 0, expected = 0, more = 1;
    extras.count = 0;
    if (!take(r, '{')) return 0;
    skip_space(r);
    if (take(r, '}')) more = 0;
    while (more) {
        int which = read_name(r, TURN_NAMES, 2, expected, &name);
        if (which < 0 || (which < 2 && seen & (1 << which))) return 0;
        if (which == 2) {
            if (!read_unknown(r, &extras, name)) return 0;
        } else {
            if (!read_text(r, which == 0 ? &role : &content)) return 0;
            seen |= 1 << which;
            expected = 1 - which;
        }
        if ((more = another(r, '}')) < 0) return 0;
    }
    if (!is_one_of(r, role, ROLES) || !store_extras(r, &extras, &extra)) return 0;
    if (!room_for_turn(b)) {
        r->out_of_memory = 1;
        return 0;
    }
    b->turn_texts[ROLE][b->turns] = role;
    b->turn_texts[CONTENT][b->turns] = content;
    b->turn_texts[TURN_EXTRA][b->turns] = extra;
    b->turn[b->turns++] = number;
    return 1;
}

static int read_turns(Reader *r, int32_t *count)
{
    if (take_word(r, "null", 4)) return 1;
    if (!take(r, '[')) return 0;
    skip_space(r);
    if (take(r, ']')) return 1;
    for (int more = 1; more; *count += 1) {
        if (!read_turn(r, *count) || (more = another(r, ']')) < 0) return 0;
    }
    return 1;
}

enum { F_ID, F_DIRECTION, F_FROM, F_TO, F_COMPLETED, F_RESULT, F_CREATED, F_ENDED, F_LENGTH, F_URL, F_TURNS, FIELDS };
static const Name CALL_NAMES[FIELDS] = {
    NAME("callId"),    NAME("direction"),   NAME("from"),       NAME("to"),           NAME("completed"),   NAME("result"),
    NAME("createdAt"), NAME("completedAt"), NAME("callLength"), NAME("recordingUrl"), NAME("transcripts"),
};
static const char *const DIRECTIONS[] = {"outbound", "inbound", NULL};
static const char *const RESULTS[] = {"pending",    "pickedUp",     "ivr",    "voicemail",
                                      "unanswered", "disconnected", "failed", NULL};

/* A call while it is read. */
typedef struct {
    Text texts[CALL_TEXTS];
    int64_t created_at, completed_at;
    double length;
    LongNumber long_number;
    int32_t turns;
    int8_t completed;
    Extras extras;
} Call;

static int read_field(Reader *r, int field, Call *call)
{
    switch (field) {
    case F_ID: return read_text(r, &call->texts[CALL_ID]);
    case F_DIRECTION: return read_text(r, &call->texts[DIRECTION]);
    case F_FROM: return read_text(r, &call->texts[FROM]);
    case F_TO: return read_text(r, &call->texts[TO]);
    case F_COMPLETED: return read_flag(r, &call->completed);
    case F_RESULT: return read_text(r, &call->texts[RESULT]);
    case F_CREATED: return read_time(r, &call->created_at);
    case F_ENDED: return read_time(r, &call->completed_at);
    case F_LENGTH: return read_length(r, &call->length, &call->long_number);
    case F_URL: return read_text(r, &call->texts[RECORDING]);
    default: return read_turns(r, &call->turns);
    }
}

static int read_fields(Reader *r, Call *call)
{
    Text name;
    int seen = 0, expected = 0, more = 1;
    if (!take(r, '{')) return 0;
    skip_space(r);
    if (take(r, '}')) more = 0;
    while (more) {
        int which = read_name(r, CALL_NAMES, FIELDS, expected, &name);
        if (which < 0 || (which < FIELDS && seen & (1 << which))) return 0;
        if (which == FIELDS) {
            if (!read_unknown(r, &call->extras, name)) return 0;
        } else {
            if (!read_field(r, which, call)) return 0;
            seen |= 1 << which;
            expected = which + 1 == FIELDS ? 0 : which + 1;
        }
        if ((more = another(r, '}')) < 0) return 0;
    }
    return 1;
}

static void store_call(Block *b, const Call *call)
{
    int64_t row = b->calls++;
    for (int i = 0; i < CALL_TEXTS; i++) b->call_texts[i][row] = call->texts[i];
    b->entry_of_call[row] = b->entries;
    b->created_at[row] = call->created_at;
    b->completed_at[row] = call->completed_at;
    b->call_length[row] = call->length;
    b->turns_of_call[row] = call->turns;
    b->completed[row] = call->completed;
}

static int store_long_number(Block *b, LongNumber number)
{
    if (b->long_numbers == b->long_numbers_room) {
        if (!GROW(b->long_number, b->long_numbers_room * 2)) return 0;
        b->long_numbers_room *= 2;
    }
    number.call = b->calls;
    b->long_number[b->long_numbers++] = number;
    return 1;
}

static int read_call(Reader *r)
{
    Block *b = r->block;
    Call call;
    for (int i = 0; i < CALL_TEXTS; i++) call.texts[i] = NONE;
    call.created_at = call.completed_at = NO_TIME;
    call.turns = 0;
    call.completed = NULL_FLAG;
    call.length = NAN;
    call.long_number.end = 0;
    call.extras.count = 0;
    if (!read_fields(r, &call)) return 0;
    Text id = call.texts[CALL_ID];
    /* An id that is written as it is read can be cited in whatever is said about it. */
    if (id.begin == NO_TEXT || id.meant != id.written) return 0;
    if (!is_one_of(r, call.texts[DIRECTION], DIRECTIONS) || !is_one_of(r, call.texts[RESULT], RESULTS)) return 0;
    if (call.texts[DIRECTION].begin != NO_TEXT)
        call.texts[PROSPECT] = call.texts[equals(r, call.texts[DIRECTION], "outbound") ? TO : FROM];
    if (!store_extras(r, &call.extras, &call.texts[CALL_EXTRA])) return 0;
    if (!room_for_call(b) || (call.long_number.end && !store_long_number(b, call.long_number))) {
        r->out_of_memory = 1;
        return 0;
    }
    store_call(b, &call);
    return 1;
}

/* ---- blocks ---- */

/* The quotation mark that ends a string, valid or not; NULL if there is none. */
static const uint8_t *string_end(const uint8_t *at, const uint8_t *end)
{
    for (; at < end && *at != '"'; at++)
        if (*at == '\\' && ++at == end) return NULL;
    return at == end ? NULL : at;
}

/* The end of an entry, by its brackets and strings alone; NULL if there is none. */
static const uint8_t *entry_end(const uint8_t *at, const uint8_t *end)
{
    int64_t depth = 0;
    for (; at < end; at++) {
        switch (*at) {
        case '{': case '[': depth++; break;
        case '}': case ']': if (--depth < 0) return NULL; break;
        case ',': if (depth == 0) return at; break;
        case '"':
            at = string_end(at + 1, end);
            if (!at) return NULL;
            break;
        default: break;
        }
    }
    return depth == 0 ? end : NULL;
}

static int store_odd(Block *b, const uint8_t *begin, const uint8_t *end)
{
    if (b->odds == b->odds_room) {
        if (!GROW(b->odd, b->odds_room * 2)) return 0;
        b->odds_room *= 2;
    }
    b->odd[b->odds++] = (Odd){b->entries, begin - b->text, end - b->text};
    return 1;
}

/* One entry. Behind it is a comma or the end. 0 if that is not so, or there is no memory. */
static int read_entry(Reader *r)
{
    Block *b = r->block;
    const uint8_t *begin = r->at;
    int64_t turns = b->turns, pieces = b->pieces_used;
    int fits = read_call(r);
    if (fits) {
        skip_space(r);
        fits = r->at == r->end || *r->at == ',';
        if (!fits) {
            b->calls--;
            while (b->long_numbers && b->long_number[b->long_numbers - 1].call == b->calls) b->long_numbers--;
        }
    }
    if (r->out_of_memory) return 0;
    if (!fits) {
        b->turns = turns;
        b->pieces_used = pieces;
        r->at = entry_end(begin, r->end);
        if (!r->at || r->at == begin) return 0;
        if (!store_odd(b, begin, r->at)) {
            r->out_of_memory = 1;
            return 0;
        }
    }
    b->entries++;
    return 1;
}

static void measure(Block *b)
{
    for (int i = 0; i < CALL_TEXTS; i++)
        for (int64_t row = 0; row < b->calls; row++) b->sizes[i] += b->call_texts[i][row].meant;
    for (int i = 0; i < TURN_TEXTS; i++)
        for (int64_t row = 0; row < b->turns; row++) b->sizes[CALL_TEXTS + i] += b->turn_texts[i][row].meant;
    for (int64_t row = 0; row < b->calls; row++)
        b->sizes[TURN_CALL_ID] += (int64_t)b->turns_of_call[row] * b->call_texts[CALL_ID][row].meant;
}

EXPORTED void caldframe_free(Block *b)
{
    if (!b) return;
    free(b->entry_of_call);
    free(b->created_at);
    free(b->completed_at);
    free(b->call_length);
    free(b->turns_of_call);
    free(b->turn);
    free(b->completed);
    free(b->odd);
    free(b->long_number);
    for (int i = 0; i < CALL_TEXTS; i++) free(b->call_texts[i]);
    for (int i = 0; i < TURN_TEXTS; i++) free(b->turn_texts[i]);
    free(b->pieces);
    free(b);
}

static Block *new_block(const uint8_t *text, int64_t length)
{
    Block *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->text = text;
    b->calls_room = length / 1024 + 8;
    b->turns_room = length / 256 + 8;
    b->pieces_room = b->odds_room = b->long_numbers_room = 8;
    /* Room is doubled where it ends; here it is had for the first time. */
    b->calls = b->calls_room /= 2;
    b->turns = b->turns_room /= 2;
    int done = room_for_call(b) && room_for_turn(b) && GROW(b->pieces, b->pieces_room) &&
               GROW(b->odd, b->odds_room) && GROW(b->long_number, b->long_numbers_room);
    b->calls = b->turns = 0;
    if (done) return b;
    caldframe_free(b);
    return NULL;
}

/* Reads the entries of a block, with commas between them. `failed` becomes 1 if they cannot be told apart, 2 if
 * there is no memory; then there is no block. */
EXPORTED Block *caldframe_read(const uint8_t *text, int64_t length, int32_t *failed)
{
    Block *b = new_block(text, length);
    *failed = 2;
    if (!b) return NULL;
    Reader reader = {b, text, text + length, 0}, *r = &reader;
    for (int more = 1; more;) {
        skip_space(r);
        if (!read_entry(r)) {
            *failed = r->out_of_memory ? 2 : 1;
            caldframe_free(b);
            return NULL;
        }
        more = take(r, ',');
    }
    measure(b);
    *failed = 0;
    return b;
}

/* ---- texts to Arrow ---- */

static uint8_t *put_character(uint8_t *to, uint32_t point)
{
    int length = utf8_length(point);
    static const uint8_t first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    if (length == 1) {
        *to = (uint8_t)point;
        return to + 1;
    }
    for (int i = length - 1; i > 0; i--, point >>= 6) to[i] = (uint8_t)(0x80 | (point & 0x3F));
    to[0] = (uint8_t)(first[length] | point);
    return to + length;
}

/* A string that is known to be valid. */
static uint8_t *put_unescaped(uint8_t *to, const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        const uint8_t *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((backslash ? backslash : end) - at);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (!backslash) break;
        static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
        if (at[1] != 'u') {
            const char *name = strchr(names, at[1]);
            *to++ = name ? (uint8_t)meanings[name - names] : at[1];
            at += 2;
            continue;
        }
        uint32_t point = (uint32_t)code_unit(at + 2, end);
        at += 6;
        if (point >= 0xD800 && point <= 0xDBFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + ((uint32_t)code_unit(at + 2, end) - 0xDC00);
            at += 6;
        }
        to = put_character(to, point);
    }
    return to;
}

static uint8_t *put_text(uint8_t *to, const Block *b, Text text)
{
    const uint8_t *at = b->text + text.begin;
    if (text.meant != text.written) return put_unescaped(to, at, at + text.written);
    memcpy(to, at, text.written);
    return to + text.written;
}

static uint8_t *put_extra(uint8_t *to, const Block *b, Text text)
{
    for (uint32_t i = 0; i < text.written; i++) {
        Piece piece = b->pieces[text.begin + i];
        *to++ = i ? ',' : '{';
        memcpy(to, b->text + piece.name, piece.name_length);
        to += piece.name_length;
        *to++ = ':';
        memcpy(to, b->text + piece.value, piece.value_length);
        to += piece.value_length;
    }
    *to++ = '}';
    return to;
}

static void fill_turn_call_ids(const Block *b, int64_t *offsets, uint8_t *data)
{
    uint8_t *to = data;
    for (int64_t row = 0; row < b->calls; row++) {
        for (int32_t turn = 0; turn < b->turns_of_call[row]; turn++) {
            *offsets++ = to - data;
            to = put_text(to, b, b->call_texts[CALL_ID][row]);
        }
    }
    *offsets = to - data;
}

/* Fills the buffers of an Arrow array of large strings: one offset a row and one more, `sizes[which]` bytes of text, and
 * a bit a row, of bytes that are zero. Gives the number of nulls. */
EXPORTED int64_t caldframe_fill(const Block *b, int32_t which, int64_t *offsets, uint8_t *data, uint8_t *valid)
{
    if (which == TURN_CALL_ID) {
        fill_turn_call_ids(b, offsets, data);
        return 0;
    }
    const Text *texts = which < CALL_TEXTS ? b->call_texts[which] : b->turn_texts[which - CALL_TEXTS];
    int64_t rows = which < CALL_TEXTS ? b->calls : b->turns, nulls = 0;
    int extra = which == CALL_EXTRA || which == CALL_TEXTS + TURN_EXTRA;
    uint8_t *to = data;
    for (int64_t row = 0; row < rows; row++) {
        offsets[row] = to - data;
        if (texts[row].begin == NO_TEXT) {
            nulls++;
            continue;
        }
        valid[row / 8] |= (uint8_t)(1 << row % 8);
        to = extra ? put_extra(to, b, texts[row]) : put_text(to, b, texts[row]);
    }
    offsets[rows] = to - data;
    return nulls;
}
