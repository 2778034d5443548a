// options: -cl-std=CL3.0
global int counter = 5;
int next(int* p) { return ++*p; }
kernel void generic_pointers(global int* out, local int* scratch) {
  int mine = get_global_id(0);
  scratch[get_local_id(0)] = mine;
  int* p = mine & 1 ? &mine : (int*)&scratch[get_local_id(0)];
  out[mine] = next(p) + next((int*)&counter) + vload4(0, out).x;
}
