#include "app/stop_list.h"

#include <gtest/gtest.h>

namespace postern::app {
namespace {

TEST(StopList, RaisesThoseThatAreThereAndThoseThatCome) {
  StopList list;
  Signal gone, here, late;
  {
    const StopList::Entry entry(list, gone);
  }
  const StopList::Entry entry(list, here);
  list.stop();
  const StopList::Entry after(list, late);
  EXPECT_FALSE(gone.take());
  EXPECT_TRUE(here.take());
  EXPECT_TRUE(late.take());
}

}  // namespace
}  // namespace postern::app
