// Every generated header, so that SwiftPM makes one module of them. Written by Proto/generate.sh.
#include "admin.pb-c.h"
#include "envelope.pb-c.h"
#include "expert.pb-c.h"
#include "knowledge.pb-c.h"
