// One random call of each entry point, and what the calls share.
#pragma once

#include "conformance/fuzz/api/fuzzer.hpp"

namespace kiesel::conformance::api {

namespace calls {
#define ENTRY(name) void name(Fuzzer& f);
#define EXTENSION(name) void name(Fuzzer& f);
#include "runtime/api/entry_points.def"
}  // namespace calls

struct EntryRow {
  const char* name;
  void (*call)(Fuzzer& f);
  std::span<const cl_int> allowed;
};
// All entry points.
std::span<const EntryRow> entry_rows();

// One of the names, now and then one that is none.
template <class Name>
Name query_name(Fuzzer& f, std::initializer_list<Name> names) {
  if (!f.spoil()) return f.one_of(names);
  f.wrong({CL_INVALID_VALUE});
  return static_cast<Name>(f.one_of<cl_uint>({0, 1, 0x0FFF, 0x1FFF, 0xFFFFFFFF}));
}

// Calls a function that returns an object, with errcode_ret or without; judges, and gives the object.
template <class Create>
auto create(Fuzzer& f, const Create& call) {
  if (f.one_in(8)) {
    const auto object = call(nullptr);
    f.judge_object(object);
    return object;
  }
  cl_int error = 12345;
  const auto object = call(&error);
  f.judge_object(object, error);
  return object;
}

// Of all threads: nobody's own reference.
template <class Item>
bool is_shared(const Item& item) {
  if constexpr (requires { item.shared; })
    return item.shared;
  else
    return false;
}

template <class Item, class Handle>
void retain(Fuzzer& f, std::vector<std::unique_ptr<Item>>& pool, Handle (Fuzzer::*argument)(const Item&),
            cl_int(CL_API_CALL* function)(Handle)) {
  Item* item = f.pick(pool);
  if (!item || item->references > 3 || is_shared(*item)) return;
  const Handle handle = (f.*argument)(*item);
  const bool right = f.right();
  const cl_int result = function(handle);
  f.judge(result);
  if (right && result == CL_SUCCESS) ++item->references;
}

// True when the item's last reference went; it is to be dropped.
template <class Item, class Handle>
bool release(Fuzzer& f, Item& item, Handle (Fuzzer::*argument)(const Item&),
             cl_int(CL_API_CALL* function)(Handle)) {
  const Handle handle = (f.*argument)(item);
  const bool right = f.right();
  const cl_int result = function(handle);
  f.judge(result);
  return right && result == CL_SUCCESS && --item.references == 0;
}

// Callbacks do nothing; that they come at all is the API tests' matter.
inline void CL_CALLBACK on_event(cl_event, cl_int, void*) {}
inline void CL_CALLBACK on_memory(cl_mem, void*) {}
inline void CL_CALLBACK on_context(cl_context, void*) {}
inline void CL_CALLBACK on_program(cl_program, void*) {}
inline void CL_CALLBACK on_error(const char*, const void*, std::size_t, void*) {}

}  // namespace kiesel::conformance::api
